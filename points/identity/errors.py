"""What identity refuses."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyExists(Refusal):
    """A key id is used once."""

    code: ClassVar[str] = "key_exists"
    zh: ClassVar[str] = "该密钥编号已存在"
    en: ClassVar[str] = "a key of this id exists already"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillHasKey(Refusal):
    """A till has one key that counts; its successor takes its place by rotation."""

    code: ClassVar[str] = "till_has_key"
    zh: ClassVar[str] = "该收银设备已有有效的专用密钥，请轮换，或先停用"
    en: ClassVar[str] = "the till has a key that counts: rotate it, or revoke it first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden(Refusal):
    """The role may not do this, here or anywhere."""

    code: ClassVar[str] = "forbidden"
    zh: ClassVar[str] = "无权执行此操作"
    en: ClassVar[str] = "not allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNeeded(Refusal):
    """The role may do this, but only as a person who logged in."""

    code: ClassVar[str] = "person_needed"
    zh: ClassVar[str] = "此操作须由工作人员本人登录后进行，接口密钥不可用"
    en: ClassVar[str] = "somebody has to log in for this; a machine's key will not do"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorNeeded(Refusal):
    """The second factor was proved too long ago."""

    code: ClassVar[str] = "second_factor_needed"
    zh: ClassVar[str] = "此操作须重新验证第二因素"
    en: ClassVar[str] = "prove the second factor again for this"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Refusal):
    """Whoever logged in here is logged in no more."""

    code: ClassVar[str] = "session_ended"
    zh: ClassVar[str] = "登录已失效，请重新登录（points login），或退出登录（points logout）"
    en: ClassVar[str] = "the session has ended: log in again with `points login`, or log out"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNeedsPerson(Refusal):
    """A machine's key never has this role."""

    code: ClassVar[str] = "role_needs_person"
    zh: ClassVar[str] = "角色 {role} 须由本人登录使用，不能签发接口密钥"
    en: ClassVar[str] = "the role {role} is for people who log in; no key can have it"
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInRefused(Refusal):
    """Unknown, wrong, used, disabled or closed: the answer never tells which."""

    code: ClassVar[str] = "log_in_refused"
    zh: ClassVar[str] = "账号、密码或验证码不正确，或尝试次数过多；请核对后稍后再试"
    en: ClassVar[str] = (
        "the account, the password or the code is not right, or there were too many tries"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInsClosed(Refusal):
    """Too many failures from one address, or in one association."""

    code: ClassVar[str] = "log_ins_closed"
    zh: ClassVar[str] = "登录失败次数过多，请稍后再试"
    en: ClassVar[str] = "too many log-ins failed; try again later"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpRefused(Refusal):
    """No such account, or the code is wrong, used or too old: never said which."""

    code: ClassVar[str] = "set_up_refused"
    zh: ClassVar[str] = "账号或一次性设置码不正确，或设置码已失效，请联系管理员"
    en: ClassVar[str] = (
        "the account or the set-up code is not right, or the code has ended; ask an admin"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRefused(Refusal):
    """The code of the second factor is wrong, used, or too old."""

    code: ClassVar[str] = "factor_refused"
    zh: ClassVar[str] = "验证码不正确或已使用，请等待下一个验证码"
    en: ClassVar[str] = "the code is not right or was used already; wait for the next one"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRefused(Refusal):
    """The present password is wrong."""

    code: ClassVar[str] = "password_refused"
    zh: ClassVar[str] = "当前密码不正确"
    en: ClassVar[str] = "the present password is not right"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordWeak(Refusal):
    """A password that is guessed."""

    code: ClassVar[str] = "password_weak"
    zh: ClassVar[str] = "密码须为 {length_min} 至 {length_max} 个字符，且不能是常见或容易猜到的密码"
    en: ClassVar[str] = (
        "a password has {length_min} to {length_max} characters and is none that is easily guessed"
    )
    because: str
    length_min: int
    length_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNameInvalid(Refusal):
    """No name for an account."""

    code: ClassVar[str] = "staff_name_invalid"
    zh: ClassVar[str] = "账号须为 1 至 40 个小写字母、数字或 . _ -，且不能使用系统保留名称"
    en: ClassVar[str] = (
        "an account is 1 to 40 lower-case letters, digits or . _ -, and no reserved name"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffExists(Refusal):
    """An account's name is used once, for ever."""

    code: ClassVar[str] = "staff_exists"
    zh: ClassVar[str] = "该账号已存在"
    en: ClassVar[str] = "there is such an account already"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTaken(Refusal):
    """A person has one account: with two they could be two people to the rules."""

    code: ClassVar[str] = "person_taken"
    zh: ClassVar[str] = "该会员已关联另一个在用账号，一人只能有一个账号"
    en: ClassVar[str] = "another active account is this member's: a person has one account"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTaken(Refusal):
    """A machine's key must not act under the name of a person's account."""

    code: ClassVar[str] = "subject_taken"
    zh: ClassVar[str] = "密钥不能使用工作人员账号的名称"
    en: ClassVar[str] = "a key cannot bear the name of an account of staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffUnchanged(Refusal):
    """It is so already."""

    code: ClassVar[str] = "staff_unchanged"
    zh: ClassVar[str] = "账号已是该状态"
    en: ClassVar[str] = "the account stands so already"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesConflict(Refusal):
    """Nobody has both of these roles."""

    code: ClassVar[str] = "roles_conflict"
    zh: ClassVar[str] = "角色 {first} 与 {second} 不能由同一人担任"
    en: ClassVar[str] = "nobody can have both {first} and {second}"
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInvalid(Refusal):
    """No role of staff, or one that has ended already."""

    code: ClassVar[str] = "role_invalid"
    zh: ClassVar[str] = "角色无效，或期限已过"
    en: ClassVar[str] = "that is no role of staff, or it has ended already"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRoles(Refusal):
    """Nobody changes what they themselves may do."""

    code: ClassVar[str] = "own_roles"
    zh: ClassVar[str] = "不能变更本人的账号与角色，须由另一名管理员操作"
    en: ClassVar[str] = "nobody changes their own account or roles; another admin has to"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAdmin(Refusal):
    """Somebody has to be left who manages staff."""

    code: ClassVar[str] = "last_admin"
    zh: ClassVar[str] = "这是最后一名可用的管理员，不能停用或撤销"
    en: ClassVar[str] = "this is the last admin; somebody has to be left who manages staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAtConsole(Refusal):
    """Once an admin is there, the machine's console manages no staff."""

    code: ClassVar[str] = "not_at_console"
    zh: ClassVar[str] = "本协会已有管理员，须由管理员登录后操作"
    en: ClassVar[str] = "the association has an admin, who has to log in for this"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBorrowable(Refusal):
    """A role that nobody may borrow."""

    code: ClassVar[str] = "not_borrowable"
    zh: ClassVar[str] = "该角色不能紧急借用"
    en: ClassVar[str] = "this role cannot be borrowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassBroken(Refusal):
    """Whoever borrowed a role does not do so again at once."""

    code: ClassVar[str] = "glass_broken"
    zh: ClassVar[str] = "距上次紧急授权不足 24 小时，请由另一名管理员授权"
    en: ClassVar[str] = "a role was borrowed within 24 hours; another admin may grant it"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesInvalid(Refusal):
    """A role is borrowed for a while only."""

    code: ClassVar[str] = "minutes_invalid"
    zh: ClassVar[str] = "时长须为 1 至 {minutes_max} 分钟"
    en: ClassVar[str] = "it lasts 1 to {minutes_max} minutes"
    minutes_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnTaken(Refusal):
    """Somebody at the issuer belongs to one account."""

    code: ClassVar[str] = "sign_on_taken"
    zh: ClassVar[str] = "该统一认证身份已关联其他账号"
    en: ClassVar[str] = "this identity is linked to another account"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnUnavailable(Refusal):
    """There is no single sign-on here, or its issuer does not answer."""

    code: ClassVar[str] = "sign_on_unavailable"
    zh: ClassVar[str] = "未启用统一认证，或认证服务暂时不可用"
    en: ClassVar[str] = "there is no single sign-on here, or its issuer does not answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureNeeded(Refusal):
    """What a source feeds is signed, and says which secret it has."""

    code: ClassVar[str] = "signature_needed"
    zh: ClassVar[str] = "上报须签名：请附 webhook-id、webhook-timestamp 与 webhook-signature 请求头"
    en: ClassVar[str] = "sign what you feed: webhook-id, webhook-timestamp and webhook-signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureInvalid(Refusal):
    """The signature is another's, too old, or over something else."""

    code: ClassVar[str] = "signature_invalid"
    zh: ClassVar[str] = "签名无效，或时间与服务器相差超过五分钟"
    en: ClassVar[str] = "the signature is not valid, or its time is more than five minutes off"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressNotAllowed(Refusal):
    """The key may be used from some networks only, and this is none of them."""

    code: ClassVar[str] = "address_not_allowed"
    zh: ClassVar[str] = "该密钥不可从此网络地址使用"
    en: ClassVar[str] = "the key may not be used from this address"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnded(Refusal):
    """A key that opens nothing any more has no successor."""

    code: ClassVar[str] = "key_ended"
    zh: ClassVar[str] = "该密钥已停用或到期，请签发新密钥"
    en: ClassVar[str] = "the key has ended; issue another one"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Refusal):
    """A key has one successor."""

    code: ClassVar[str] = "key_rotated"
    zh: ClassVar[str] = "该密钥已经轮换过，请轮换其后继密钥"
    en: ClassVar[str] = "the key was rotated before; rotate its successor"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyCodes(Refusal):
    """Codes were asked for, or tried, too often; whose number it is makes no difference."""

    code: ClassVar[str] = "too_many_codes"
    zh: ClassVar[str] = "请求过于频繁，请在 {until} 之后再试"
    en: ClassVar[str] = "too often; try again after {until}"
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWrong(Refusal):
    """Wrong, used, too old, tried too often, or never sent: the answer does not tell which."""

    code: ClassVar[str] = "code_wrong"
    zh: ClassVar[str] = "验证码不正确或已失效，请重新获取"
    en: ClassVar[str] = "the code is wrong or good no more; ask for another one"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshInvalid(Refusal):
    """The device may not renew its tokens: it has to log in again."""

    code: ClassVar[str] = "refresh_invalid"
    zh: ClassVar[str] = "登录已失效，请重新登录"
    en: ClassVar[str] = "the log-in is good no more; log in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofInvalid(Refusal):
    """The device did not prove that it holds its key, for this request and now (RFC 9449)."""

    code: ClassVar[str] = "proof_invalid"
    zh: ClassVar[str] = "设备证明缺失或无效"
    en: ClassVar[str] = "the device's proof is missing or not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofUsed(Refusal):
    """A proof is good once."""

    code: ClassVar[str] = "proof_used"
    zh: ClassVar[str] = "设备证明已使用过"
    en: ClassVar[str] = "the device's proof was used before"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOnly(Refusal):
    """What is only for trying is not done among what counts."""

    code: ClassVar[str] = "sandbox_only"
    zh: ClassVar[str] = "仅在测试环境可用，请使用 pk_test_ 密钥"
    en: ClassVar[str] = "only in a sandbox: use a key that begins with pk_test_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxImpossible(Refusal):
    """A sandbox has none of its own, and the association's name has to leave room for its end."""

    code: ClassVar[str] = "sandbox_impossible"
    zh: ClassVar[str] = "无法为此协会开通测试环境：名称过长，或其本身就是测试环境"
    en: ClassVar[str] = "no sandbox for this one: its name is too long, or it is a sandbox itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxNotOpen(Refusal):
    """The association has opened none for this partner."""

    code: ClassVar[str] = "sandbox_not_open"
    zh: ClassVar[str] = "尚未为本单位开通测试环境，请联系协会"
    en: ClassVar[str] = "no sandbox was opened for this partner; ask the association"
