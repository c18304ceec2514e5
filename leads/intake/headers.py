"""What the columns of other tools are called, and what they hold in ours.

A name is compared without case, accents, spaces and signs. The number behind a name is how sure it makes us; 0.95
where none is given.
"""

SURE = 0.95

TARGETS = (
    "person.email",
    "person.given_name",
    "person.family_name",
    "person.full_name",
    "person.title",
    "person.phone",
    "person.mobile",
    "person.linkedin",
    "person.country",
    "person.city",
    "person.region",
    "person.time_zone",
    "person.language",
    "person.external_id",
    "account.name",
    "account.domain",
    "account.website",
    "account.external_id",
    "account.industry",
    "account.employees",
    "account.country",
    "account.city",
    "account.region",
    "account.phone",
    "lead.status",
    "lead.source",
    "lead.happened_at",
    "lead.do_not_call",
    "lead.do_not_email",
    "lead.consent",
    "lead.note",
    "lead.topic",
)

_COMPANY = """
account.name         company companyname organization organisation account accountname employer
account.name         organization1name
account.name         associatedcompany firma unternehmen entreprise empresa business businessname
account.name         companynameforemails:0.6
account.domain       companydomainname companydomain domain domainname associatedcompanydomain accountdomain
account.domain       emaildomain:0.6
account.website      website websiteurl companywebsite companyurl weburl url:0.7 web:0.8 homepage webseite
account.website      siteweb
account.external_id  companyid accountid organizationid organisationid associatedcompanyid accountnumber:0.7
account.industry     industry sector branche vertical companyindustry industrie
account.employees    numberofemployees employees numemployees numberemployees numofemployees numemp
account.employees    employeecount headcount
account.employees    companysize noofemployees mitarbeiter mitarbeiterzahl companyemployees
account.country      companycountry accountcountry billingcountry hqcountry headquarterscountry
account.city         companycity billingcity accountcity hqcity headquarterscity
account.region       companystate billingstate accountstate hqstate billingstateprovince
account.phone        companyphone corporatephone accountphone mainphone switchboard companyphonenumber
"""

_PEOPLE = """
person.email         email emailaddress mail emailid workemail businessemail companyemail primaryemail
person.email         emailprimary
person.email         contactemail email1value email1 useremail attendeeemail emailadresse courriel correo
person.email         personalemail:0.7
person.given_name    firstname givenname forename first:0.8 fname vorname prenom nombre contactfirstname
person.family_name   lastname familyname surname last:0.8 lname nachname nom apellido apellidos cognome
person.family_name   contactlastname
person.full_name     fullname contactname clientname personname attendeename leadname name:0.8
person.full_name     usernameoriginalname:0.8
person.full_name     displayname:0.7 vollstandigername customername:0.7
person.title         jobtitle title:0.85 position jobrole designation currenttitle organization1title
person.title         berufsbezeichnung
person.phone         phone phonenumber telephone telephonenumber tel workphone businessphone workdirectphone
person.phone         directphone
person.phone         phone1value officephone telefon telefonnummer firstphone:0.8 homephone:0.6
person.phone         otherphone:0.6
person.mobile        mobile mobilephone mobilephonenumber cell cellphone cellphonenumber mobilenumber handy
person.mobile        whatsapp:0.6
person.linkedin      linkedin linkedinurl personlinkedinurl linkedinprofile linkedinprofileurl linkedinbio
person.country       country countryregion countryregionname mailingcountry countryname land:0.8 pays
person.city          city mailingcity town ort:0.8 stadt ville ciudad
person.region        state stateregion region province stateprovince mailingstateprovince mailingstate county
person.region        bundesland
person.time_zone     timezone timezoneid preferredtimezone tz localtimezone contacttimezone zeitzone
person.language      language preferredlanguage locale sprache langue lang
person.external_id   contactid recordid personid prospectid leadid crmid uniqueid subscriberid leid
person.external_id   hsobjectid vid
person.external_id   id:0.8 customerid:0.8 userid:0.8 memberid:0.8 leadnumber:0.7 attendeenumber:0.7
person.external_id   registrantid:0.8
lead.status          lifecyclestage leadstatus:0.9 converted:0.85 leadstage:0.85 contactstatus:0.85
lead.status          status:0.75 stage:0.7
lead.status          attendeestatus:0.7 attended:0.6 approvalstatus:0.55 poutcome:0.5
lead.source          leadsource source originalsource acquisitionsource firstsource channel:0.7
lead.source          leadorigin:0.6 utmsource:0.6
lead.happened_at     createdate createddate createdat datecreated submittedat submissiondate timestamp
lead.happened_at     optintime
lead.happened_at     registrationtime registrationdate orderdate conversiondate recentconversiondate
lead.happened_at     signupdate enquirydate eventdate:0.8 visitdate:0.8 when:0.7 whenithappened happenedat
lead.happened_at     inquirydate jointime:0.6 confirmtime:0.6 date:0.6 firstconversiondate:0.8 zeitstempel
lead.do_not_call     donotcall dnc nocall nocalls phoneoptout optedoutofcalls
lead.do_not_email    donotemail emailoptout optedout optedoutofemail hasoptedoutofemail unsubscribed
lead.do_not_email    optout:0.8
lead.do_not_email    unsubscribedfromallemail noemail noemails
lead.consent         consent emailconsent consenttoemail marketingconsent gdprconsent consentgiven consentdate
lead.consent         optin optedin emailoptin emailoptedin marketingoptin optindate einwilligung
lead.note            notes note comments comment message remarks remark bemerkung bemerkungen description:0.8
lead.note            question:0.6
lead.topic           topic interest interests productinterest productofinterest topicofinterest webinar:0.7
lead.topic           eventname:0.7
"""

# In a file of companies these mean the company.
_COMPANIES_ONLY = """
account.name         name
account.external_id  id:0.8 recordid crmid:0.8 oracleid:0.6
account.phone        phone phonenumber telephone tel
account.country      country countryregion officelocation:0.6 land:0.8
account.city         city town
account.region       state stateregion region province
account.website      site:0.6
"""


def _table(*tables: str) -> dict[str, tuple[str, float]]:
    found: dict[str, tuple[str, float]] = {}
    for table in tables:
        for line in table.strip().splitlines():
            target, *names = line.split()
            for name in names:
                key, _colon, confidence = name.partition(":")
                found[key] = (target, float(confidence or SURE))
    return found


PEOPLE_HEADERS = _table(_COMPANY, _PEOPLE)
COMPANY_HEADERS = _table(_COMPANY, _COMPANIES_ONLY)

# What only a file of people has, and what only a file of companies has.
PEOPLE_SIGNS = frozenset(
    name
    for name, (target, confidence) in _table(_PEOPLE).items()
    if confidence == SURE
    and target
    in (
        "person.email",
        "person.given_name",
        "person.family_name",
        "person.full_name",
        "person.title",
        "person.mobile",
        "person.external_id",
    )
) - {"recordid", "crmid", "uniqueid"} | {"leadnumber", "leadsource", "leadorigin", "leadstatus"}
COMPANY_SIGNS = frozenset(
    name
    for name, (target, _confidence) in COMPANY_HEADERS.items()
    if target in ("account.domain", "account.employees", "account.industry", "account.website", "account.external_id")
) - {"id", "recordid", "crmid"} | {
    "annualrevenue",
    "revenue",
    "billingstreet",
    "ticker",
    "tickersymbol",
    "yearestablished",
}

# Set by routing and by the history here; a file may not.
SYSTEM_HEADERS = frozenset(
    {
        "owner",
        "ownerid",
        "contactowner",
        "companyowner",
        "leadowner",
        "accountowner",
        "dealowner",
        "owneruserusername",
        "assignedto",
        "assignee",
        "salesagent",
        "createdby",
        "createdbyid",
        "lastmodifiedby",
        "lastmodifiedbyid",
        "lastmodifieddate",
        "lastmodified",
        "modifieddate",
        "updatedat",
        "systemmodstamp",
        "isdeleted",
        "deleted",
        "masterrecordid",
    }
)

# Words in the names of columns that are written during or after the sales contact: they know how it ended.
LATE_WORDS = frozenset(
    {
        "activity",
        "activities",
        "quality",
        "score",
        "scores",
        "scoring",
        "tag",
        "tags",
        "profile",
        "index",
        "grade",
        "rating",
        "outcome",
        "disposition",
    }
)
LATE_HEADERS = frozenset({"leadstatus", "leadstage", "lifecyclestage", "dealstage", "contactstatus"})

# Headers that together give away the tool a file comes from: the source its ids are kept under.
VENDORS = {
    "hubspot": frozenset(
        {"recordid", "contactid", "companyid", "lifecyclestage", "companydomainname", "associatedcompany"}
    ),
    "salesforce": frozenset(
        {"mailingcity", "accountid", "isdeleted", "systemmodstamp", "billingcity", "mailingstateprovince"}
    ),
    "mailchimp": frozenset({"leid", "optintime", "memberrating", "optinip"}),
    "apollo": frozenset({"personlinkedinurl", "companylinkedinurl", "companynameforemails", "seniority"}),
    "eventbrite": frozenset({"attendeenumber", "ordernumber", "barcodenumber", "tickettype"}),
    "zoom": frozenset({"usernameoriginalname", "jointime", "leavetime", "timeinsessionminutes"}),
    "google": frozenset({"email1value", "phone1value", "organization1name"}),
}
