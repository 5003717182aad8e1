"""No organization can have gate24 call what is not on the internet, however its address is written."""

import pytest

from gate24.rules.endpoint_addresses import address_fault, url_fault

NOT_PUBLIC = {
    "this host": ("0.0.0.0", "::"),
    "loopback": ("127.0.0.1", "127.255.255.254", "::1"),
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd00:ec2::254"),
    "link-local, metadata among it": ("169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0"),
    "metadata elsewhere": ("168.63.129.16", "100.100.100.200"),
    "carrier-grade NAT": ("100.64.0.1", "100.127.255.255"),
    "reserved": ("192.0.0.8", "198.18.0.1", "198.19.255.255", "240.0.0.1", "255.255.255.255", "100::1"),
    "documentation": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),
    "multicast": ("224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"),
    "relays": ("192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1"),
    "IPv4 mapped into IPv6": ("::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:8.8.8.8", "::127.0.0.1"),
    "NAT64": ("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1"),
    "6to4": ("2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1"),
    "Teredo": ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1"),
    "site-local and others": ("fec0::1", "5f00::1", "4000::1"),
}


@pytest.mark.parametrize(("kind", "address"), [(kind, each) for kind, some in NOT_PUBLIC.items() for each in some])
def test_an_address_that_is_not_of_the_internet_is_refused(kind: str, address: str) -> None:
    assert address_fault(address, allow_loopback=False), kind
    host = f"[{address}]" if ":" in address else address
    assert url_fault(f"https://{host}/hook", allow_loopback=False), kind


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111"])
def test_an_address_of_the_internet_is_taken(address: str) -> None:
    assert address_fault(address, allow_loopback=False) is None
    host = f"[{address}]" if ":" in address else address
    assert url_fault(f"https://{host}/hook", allow_loopback=False) is None


SPELLINGS = {
    "decimal": "https://2130706433/",
    "hexadecimal": "https://0x7f000001/",
    "hexadecimal, dotted": "https://0x7f.0.0.1/",
    "octal": "https://0177.0.0.1/",
    "octal, whole": "https://017700000001/",
    "leading zeros": "https://127.000.000.001/",
    "short": "https://127.1/",
    "shorter": "https://0/",
    "mixed": "https://127.0.0.0x1/",
    "too large": "https://256.256.256.256/",
    "dot at the end of an address": "https://127.0.0.1./",
    "dot at the end of a name": "https://bot.example.org./",
    "name of this machine": "https://localhost/",
    "name of this machine below itself": "https://a.localhost/",
    "name of this machine with a dot": "https://localhost./",
    "name of a local network": "https://printer.local/",
    "name of a cloud's inside": "https://metadata.google.internal/",
    "name without a domain": "https://intranet/",
    "full-width digits": "https://\uff11\uff12\uff17.0.0.1/",
    "ideographic dots": "https://127\u30020\u30020\u30021/",
    "percent-encoded": "https://127.0.0.1%2f@bot.example.org/",
    "percent in the host": "https://%31%32%37.0.0.1/",
    "user": "https://bot.example.org@127.0.0.1/",
    "user and password": "https://user:secret@bot.example.org/",
    "empty user": "https://@bot.example.org/",
    "backslash": "https://bot.example.org\\@127.0.0.1/",
    "new line": "https://bot.example.org/\nhost: 127.0.0.1",
    "tab in the scheme": "ht\ttps://bot.example.org/",
    "blank": "https://bot.example.org /",
    "fragment": "https://bot.example.org/#@127.0.0.1",
    "http": "http://bot.example.org/",
    "another scheme": "gopher://bot.example.org/",
    "file": "file:///etc/passwd",
    "no scheme": "//bot.example.org/",
    "no host": "https:///hook",
    "bracket that does not end": "https://[::1/",
    "zone": "https://[fe80::1%25eth0]/",
    "future address": "https://[v1.fe80::a]/",
    "port of SSH": "https://bot.example.org:22/",
    "port of mail": "https://bot.example.org:25/",
    "port of http": "https://bot.example.org:80/",
    "port zero": "https://bot.example.org:0/",
    "port too large": "https://bot.example.org:65536/",
    "port that is none": "https://bot.example.org:https/",
    "too long": f"https://bot.example.org/{'x' * 2048}",
    "nothing": "",
}


@pytest.mark.parametrize("url", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_a_spelling_that_hides_an_address_is_refused(url: str, allow_loopback: bool) -> None:
    if allow_loopback and url == "https://localhost/":
        return
    assert url_fault(url, allow_loopback)


@pytest.mark.parametrize(
    "url",
    [
        "https://bot.example.org",
        "https://bot.example.org/hooks?name=gate24&x=%20",
        "https://bot.example.org:443/",
        "https://bot.example.org:8443/",
        "https://xn--bcher-kva.example.org/",
        "https://BOT.Example.ORG/",
        "https://a-b.c_d.example.org/",
    ],
)
def test_an_https_url_on_the_internet_is_taken(url: str) -> None:
    assert url_fault(url, allow_loopback=False) is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4010/hook", "https://127.0.0.1/", "http://localhost:80/", "http://[::1]/"]
)
def test_the_local_stack_alone_may_call_itself(url: str) -> None:
    assert url_fault(url, allow_loopback=True) is None
    assert url_fault(url, allow_loopback=False)


def test_the_local_stack_may_call_no_other_private_address() -> None:
    assert url_fault("https://10.0.0.1/", allow_loopback=True)
    assert address_fault("169.254.169.254", allow_loopback=True)
