"""Words that files use for the same things, in the languages and tools they come from."""

_YES = "yes y true t 1 on x checked ja j oui o si sim tak ano da igen kylla evet subscribed ✓ ✔ ☑"
_NO = "no n false f 0 off unchecked nein non nao nie ne net nem ei hayir nej unsubscribed ✗ ✘ ☐"
# Each is what is left when case, accents, dots and brackets at the edges are taken off.
_NOTHING = """
    select|select one|please select|choose|choose one|please choose|bitte wahlen|n/a|na|n.a|#n/a|not available
    not applicable|not provided|not specified|not set|null|nil|none|nan|undefined|unknown|unbekannt|inconnu|desconocido
    blank|empty|leer|no value|-|--|---|–|—|?|??|tbd|tba|k.a|keine angabe|keine angaben|no data|missing|#value!|#ref!
"""

YES = frozenset(_YES.split())
NO = frozenset(_NO.split())
NOTHING = frozenset(("", *_NOTHING.strip().replace("|", "\n").replace("\n    ", "\n").split("\n")))

# The first three letters, folded: English, then German, French, Spanish, Italian, Dutch, Portuguese where they differ.
MONTHS = {
    month: number
    for number, months in enumerate(
        (
            ("jan", "ene", "gen"),
            ("feb", "fev"),
            ("mar", "mrz", "mae", "mrt"),
            ("apr", "avr", "abr"),
            ("may", "mai", "mag", "mei"),
            ("jun", "giu"),
            ("jul", "lug"),
            ("aug", "ago", "aou"),
            ("sep", "set"),
            ("oct", "okt", "ott", "out"),
            ("nov",),
            ("dec", "dez", "dic"),
        ),
        start=1,
    )
    for month in months
}

_CURRENCIES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV
    WST XAF XCD XOF XPF YER ZAR ZMW
"""
_WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_IN_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"

CURRENCIES = frozenset(_CURRENCIES.split())
MINOR_DIGITS = dict.fromkeys(_WITHOUT_CENTS.split(), 0) | dict.fromkeys(_IN_THOUSANDTHS.split(), 3)
# A bare dollar, yen or crown is many currencies; the first two are read as the commonest, the last not at all.
CURRENCY_SIGNS = {
    "$": "USD",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "R$": "BRL",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "₽": "RUB",
    "₪": "ILS",
    "฿": "THB",
    "zł": "PLN",
}
