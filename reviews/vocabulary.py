"""The words that screening knows, by what they can stand for, in a dozen languages. Pure."""

from collections.abc import Mapping
from enum import IntFlag, auto

# A letter that looks like an apostrophe: with it "don't" is one word.
LETTER_APOSTROPHE = "\u02bc"


class Set(IntFlag):
    """What a word can stand for."""

    SKIP = auto()
    WITHOUT = auto()
    CHECK = auto()
    CHECK_VERB = auto()
    HIDE_VERB = auto()
    NEVER = auto()
    NEGATION = auto()
    NEEDED = auto()
    UNNEEDED = auto()
    FOREIGN_NOT = auto()
    FOREIGN_VERB = auto()
    OVERRIDE = auto()
    ORDERS = auto()
    APPROVER = auto()
    APPROVED = auto()
    THIS_TEXT = auto()
    YOU = auto()
    ALLOWED = auto()
    GREAT = auto()
    GRANT = auto()
    RIGHTS = auto()
    SECRET = auto()
    KEY_KIND = auto()
    KEY = auto()
    COMMAND = auto()
    WEAK_COMMAND = auto()
    MANAGER = auto()
    RUNNER = auto()
    FETCH = auto()
    INSTALL = auto()
    SOFTWARE = auto()
    PROOF = auto()
    SAID_DONE = auto()
    PRETEND = auto()
    INSTEAD = auto()
    OVERSEER = auto()
    ERASE = auto()
    RECORD = auto()
    REFUSE = auto()
    SPREAD = auto()
    UNSPREAD = auto()
    SECRET_STATE = auto()


_VOCABULARY: Mapping[Set, str] = {
    Set.SKIP: """skip skips skipped skipping bypass bypasses bypassing omit omits omitting disable
        disables disabling deactivate override overrides overriding waive waives waiving suppress
        forgo forego circumvent ignore ignores ignoring exempt exempts exempted überspringe
        überspringen umgehen auslassen deaktivieren ignorieren omitir omita omite saltar salte
        sauter sautez ignorer contourner désactiver saltare salta ignorare disattivare pular pule
        overslaan negeren pomiń pomijaj пропусти пропустить игнорируй""",
    Set.WITHOUT: "without ohne sin sans senza sem zonder bez без",
    Set.CHECK: """verification verifications verify verifying check checks checking confirm
        confirming confirmation confirmations authenticate authenticating authentication identity
        approval approvals review reviews reviewing validation validations validate validating
        consent audit audits 2fa mfa safeguard safeguards tls ssl certificate certificates
        authorization authorisation asking prüfung prüfungen überprüfung überprüfen bestätigung
        bestätigen rückfrage identitätsprüfung identität genehmigung freigabe verifizierung
        verificación verificar confirmación confirmar identidad aprobación autorización
        comprobación vérification vérifier confirmer identité approbation autorisation verifica
        verificare conferma confermare identità approvazione verificação confirmação identidade
        aprovação verificatie controle bevestiging identiteit goedkeuring weryfikacji
        potwierdzenia tożsamości проверки проверку подтверждения подтверждение личности""",
    Set.CHECK_VERB: """ask asking verify verifying confirm confirming check checking validate
        authenticate escalate warn notify consult review question""",
    Set.HIDE_VERB: "tell telling inform informing mention mentioning disclose reveal report log",
    Set.NEVER: "never don't dont mustn't needn't shouldn't stop cease",
    Set.NEGATION: """not never no cannot can't don't dont doesn't isn't aren't won't mustn't
        shouldn't needn't nobody none nothing neither nor refuse""",
    Set.NEEDED: "required needed necessary mandatory obligatory need needs require requires",
    Set.UNNEEDED: """unnecessary optional unneeded superfluous skipped omitted bypassed waived
        deprecated obsolete redundant abolished suspended""",
    Set.FOREIGN_NOT: "nicht nie niemals keine no nunca ne jamais pas non mai não niet nooit nie не",
    Set.FOREIGN_VERB: """fragen nachfragen frage prüfen überprüfen bestätigen preguntar pregunte
        preguntes verificar verifique confirmar confirme demander demandez vérifier vérifiez
        confirmer confirmez chiedere verificare confermare perguntar pergunte verifiquem vragen
        vraag controleren bevestigen pytaj sprawdzaj спрашивай проверяй подтверждай""",
    Set.OVERRIDE: """ignore ignores ignoring disregard forget override ignoriere ignorieren vergiss
        ignora ignore ignorez olvida oubliez dimentica esqueça negeer vergeet ignoruj zapomnij
        игнорируй забудь""",
    Set.ORDERS: """instructions instruction prompt prompts guidelines directives rules anweisungen
        anweisung instrucciones consignes istruzioni instruções instructies polecenia instrukcje
        инструкции указания""",
    Set.APPROVER: """security compliance legal management admin administrator administrators
        reviewer reviewers ciso auditor auditors datenschutz rechtsabteilung""",
    Set.APPROVED: """approved preapproved authorised authorized cleared vetted sanctioned greenlit
        genehmigt freigegeben aprobado aprobada approuvé approvato aprovado goedgekeurd""",
    Set.THIS_TEXT: "change memory rule instruction update note proposal procedure entry",
    Set.YOU: "you agent agents assistant bot",
    Set.ALLOWED: "allowed permitted authorized authorised",
    Set.GREAT: "admin administrator root superuser unrestricted elevated full unlimited write",
    Set.GRANT: "grant grants granting escalate elevate",
    Set.RIGHTS: "access permission permissions privilege privileges rights role",
    Set.SECRET: """password passwords passwd passphrase passcode credential credentials otp cvv cvc
        apikey passwort kennwort contraseña senha wachtwoord hasło пароль""",
    Set.KEY_KIND: "api secret private access bearer refresh session signing encryption login",
    Set.KEY: "key keys token tokens",
    Set.COMMAND: """sudo curl wget chmod chown mkfs powershell pwsh iex netcat scp ssh crontab
        systemctl kubectl docker rsync psql mysql sqlite3 bash zsh xargs iptables""",
    Set.WEAK_COMMAND: """rm mv cp dd cat find kill tar make git sh nc sed awk grep python python3
        node ruby perl php source eval exec echo tee ln touch mount del rmdir ls cd export reg net
        unzip openssl base64""",
    Set.MANAGER: """pip pip3 pipx npm pnpm yarn bun gem cargo brew apt dnf yum apk choco winget
        nuget conda poetry uv composer helm""",
    Set.RUNNER: "npx uvx",
    Set.FETCH: "install add get pull update upgrade download",
    Set.INSTALL: "install installs installing",
    Set.PROOF: "proof receipt receipts factor captcha kyc signature signatures evidence documents",
    Set.PRETEND: "treat treats treating assume assumes consider regard mark count presume",
    Set.SAID_DONE: """verified authenticated approved confirmed validated authorized authorised
        trusted""",
    Set.INSTEAD: "instead",
    Set.OVERSEER: """supervisor supervisors manager managers reviewer reviewers auditor auditors
        compliance lead leads boss admin administrator operator operators human humans anyone
        security""",
    Set.ERASE: """delete deletes deleting erase erasing clear clearing wipe wiping purge purging
        disable disabling stop stopping off truncate remove""",
    Set.RECORD: "log logs logging audit auditd trail history backup backups monitoring alerts",
    Set.REFUSE: "refuse refusing deny denying",
    Set.SPREAD: """share sharing reveal log logging print store storing write writing send sending
        ask asking include expose repeat show accept request enter paste read disclose mention put
        tell telling give giving commit echo email mail post save say display hardcode output
        forward provide hand copy upload publish collect add type take nenne""",
    Set.UNSPREAD: "redact mask hide encrypt rotate refuse fail forget stop protect",
    Set.SECRET_STATE: """expired expires expire expiry invalid incorrect wrong missing reset resets
        resetting rotate rotated rotates change changed forgot forgotten forgets policy rules
        manager field fields prompt page form hash hashes hashed must mask redact hide encrypt
        encrypted revoked rejected refresh too locked strength length""",
    Set.SOFTWARE: """package packages library libraries dependency dependencies plugin plugins
        extension module sdk""",
}


def _sets_of_words() -> dict[str, int]:
    sets: dict[str, int] = {}
    for belongs, words in _VOCABULARY.items():
        for word in words.replace("'", LETTER_APOSTROPHE).split():
            sets[word] = sets.get(word, 0) | int(belongs)
    return sets


SETS_OF_WORD: Mapping[str, int] = _sets_of_words()
