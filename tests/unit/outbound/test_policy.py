"""No spelling of a forbidden address gets past the policy, and no address that is not public."""

import ipaddress

import pytest

from points.outbound import OutboundRefused, Policy
from points.outbound.addresses import is_public

HOST = "sms.example.cn"
LISTED = Policy(hosts=frozenset({HOST}))


def refused(url: str, policy: Policy = LISTED) -> str:
    with pytest.raises(OutboundRefused) as why:
        policy.target(url)
    assert not url or url not in str(why.value)
    return why.value.code


SPELLINGS = [
    *("http://sms.example.cn/", "ftp://sms.example.cn/", "file:///etc/passwd", "gopher://x/"),
    *("HTTPS://sms.example.cn/", "https:/sms.example.cn/", "https:sms.example.cn", "//x", ""),
    *("https://", "https:///", "https://?x", "sms.example.cn", "javascript:alert(1)"),
    *("https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://127.1/"),
    *("https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://127.000.000.001/", "https://0/"),
    *("https://127.0.0.1/", "https://localhost/", "https://LOCALHOST/", "https://localhost./"),
    *("https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/"),
    *("https://[0:0:0:0:0:0:0:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/"),
    *("https://[fe80::1%25eth0]/", "https://[fe80::1]/", "https://::1/", "https://[::1/"),
    *("https://169.254.169.254/latest/meta-data/", "https://metadata.google.internal/"),
    *("https://100.100.100.200/", "https://168.63.129.16/", "https://[fd00:ec2::254]/"),
    *("https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/", "https://100.64.0.1/"),
    *("https://sms.example.cn@evil.example/", "https://evil@sms.example.cn/", "https://a:b@x/"),
    *("https://sms.example.cn:80/", "https://sms.example.cn:22/", "https://sms.example.cn:0443/"),
    *("https://sms.example.cn:/", "https://sms.example.cn:443443/", "https://sms.example.cn:-1/"),
    *("https://sms.example.cn:443@127.0.0.1/", "https://sms.example.cn#@127.0.0.1/"),
    *(
        "https://127.0.0.1#sms.example.cn",
        "https://sms.example.cn/#x",
        "https://127.0.0.1?@sms.example.cn",
    ),
    *("https://sms.example.cn\\@127.0.0.1/", "https://sms.example.cn\\.evil.example/"),
    *("https://sms.example.cn.evil.example/", "https://evilsms.example.cn/", "https://example.cn/"),
    *("https://SMS.example.cn/", "https://sms.example.cn./", "https://sms..example.cn/"),
    *("https://ѕms.example.cn/", "https://sms。example。cn/", "https://ｓms.example.cn/"),
    *("https://xn--ms-9mc.example.cn/", "https://①②⑦.⓪.⓪.①/", "https://sms%2eexample.cn/"),
    *("https://sms.example.cn\r\nX: y/", "https://sms.example.cn\t/", " https://sms.example.cn/"),
    *("https://sms.example.cn/\x00", "https://sms.example.cn/ x", "https://sms.exam\u00adple.cn/"),
    *("https://sms.example.cn/" + "a" * 2_000, "https://\u202esms.example.cn/", "https://[v1.x]/"),
    *("https://sms.example.cn%00.evil/", "https://127.0.0.1.nip.io/", "https://[sms.example.cn]/"),
]


def test_the_corpus_is_large() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 60


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_other_spelling_may_leave(url: str) -> None:
    assert refused(url).startswith("outbound.")


def test_what_is_listed_may_leave() -> None:
    target = LISTED.target("https://sms.example.cn/v1/send?x=%E4%B8%AD")
    assert (target.host, target.port, target.path) == (HOST, 443, "/v1/send?x=%E4%B8%AD")
    assert LISTED.target("https://sms.example.cn:443").path == "/"
    assert LISTED.target("https://sms.example.cn?a=1").path == "/?a=1"


def test_control_a_prefix_check_lets_others_through() -> None:
    naive = [url for url in SPELLINGS if url.startswith("https://sms.example.cn")]
    assert len(naive) > 10


@pytest.mark.parametrize(
    "host", ["2130706433", "127.1", "0x7f.1", "[::ffff:1.2.3.4]", "[2001:0DB8::1]"]
)
def test_not_even_a_listed_host_may_be_spelled_oddly(host: str) -> None:
    odd = Policy(hosts=frozenset({host.strip("[]"), host}))
    assert refused(f"https://{host}/", odd) == "outbound.spelling"


def test_plain_http_only_where_it_was_chosen() -> None:
    policy = Policy(hosts=frozenset({HOST}), ports=frozenset({80}), insecure=True)
    assert policy.target("http://sms.example.cn/").port == 80
    assert refused("http://sms.example.cn/") == "outbound.not_https"


NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.53"),  # noqa: S104 - nothing is bound
    *("168.63.129.16", "169.254.169.254", "172.31.255.255", "192.0.0.192", "192.0.2.1"),
    *("192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:808:808::1", "3fff::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1"),
    "2606:4700::1%eth0",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(OutboundRefused):
        LISTED.choose(["1.1.1.1", address])


@pytest.mark.parametrize("address", ["1.1.1.1", "114.114.114.114", "2606:4700::1", "240e::1"])
def test_a_public_address(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    assert str(LISTED.choose([address, "1.1.1.1"])) == address


def test_an_intranet_may_be_allowed_and_only_that() -> None:
    intranet = ipaddress.ip_network("10.8.0.0/24")
    assert is_public(ipaddress.ip_address("10.8.0.9"), [intranet])
    assert not is_public(ipaddress.ip_address("10.8.1.9"), [intranet])
    assert not is_public(ipaddress.ip_address("::ffff:10.8.0.9"), [intranet])


def test_a_name_without_an_address() -> None:
    with pytest.raises(OutboundRefused):
        LISTED.choose([])
