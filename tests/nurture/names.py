"""A real name server on loopback: UDP, one thread, the records it is given."""

import contextlib
import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@contextlib.contextmanager
def name_server(records, *, answers=True):
    """`records` is {(name, kind): [text]}; what is not there does not exist. Without `answers` it is silent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(0.1)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(heard, records, answers, over))
        thread.start()
        try:
            yield f"127.0.0.1:{heard.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def _serve(heard, records, answers, over):
    while not over.is_set():
        try:
            wire, asker = heard.recvfrom(4096)
        except TimeoutError:
            continue
        if answers:
            heard.sendto(_answer(dns.message.from_wire(wire), records).to_wire(max_size=4096), asker)


def _answer(query, records):
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    (asked,) = query.question
    name, kind = asked.name.to_text(omit_final_dot=True).lower(), asked.rdtype.name
    told = records.get((name, kind))
    if told:
        answer.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, told))
    elif not any(name == known for known, _kind in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
