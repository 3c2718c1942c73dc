"""What a text must never let slip, in the words people really use: one list, for our wordings and for free words.

Rules (DESIGN 4.6 rule 1)
* At no level: prison, police, court or an offence, plainly or in slang, in English, Welsh and Polish; nor a link,
  which a watched phone opens, and which shows where it leads.
* Below level 1 (``SUPPORT``): nothing about support, a child, a parent or a partner. Whoever holds the phone learns
  that somebody rang, and no more.
* A word stands for itself; ``*`` is any ending; a space is any gap. Capitals, invisible signs, letters that look like
  others, figures for letters (``pris0n``), letters apart (``p r i s o n``) and stretched ones make no difference.
* It would rather stop an ordinary sentence than let one of these through: whoever writes can say it another way.

Where the words come from: DESIGN 4.6 and DOMAIN 2 (the plain ones); the reply reader's own lists in
``scripts_library/replies``; glossaries of British prison slang (prisonguide.co.uk, prisonphone.co.uk) and of slang for
the police (webhistoryofengland.com, foreignlingo.com). No native speaker has read the Welsh and the Polish yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from outreach.domain.reply_normalise import fold

AT_NO_LEVEL: Mapping[str, str] = MappingProxyType(
    {
        "prison": """
            prison*, jail*, gaol*, inmate*, convict*, custod*, remand*, sentenc*, incarcerat*, penitentiar*,
            borstal*, hmp, hmpps, hmyoi, yoi, probation*, parole*, on licence, licence recall*, time served,
            detained, detention centre, in detention, behind bars, the nick, in nick, nicked, locked up, lock him up,
            banged up, bang up, sent down, put away, put inside, doing time, does time, done time, did time, do time,
            doing his time, doing her time, doing bird, doing a stretch, doing porridge, doing life, serving time,
            serving his, serving her time, time inside, still inside, been inside, went inside, go inside, goes inside,
            going inside, gone inside, is inside, s inside, hes inside, shes inside, was inside, he inside, she inside,
            him inside, dad inside, while inside, from inside, stuck inside, on the inside, he gets out, he got out,
            he is getting out, hes getting out, he s getting out, he comes out, when he is out, when hes out,
            when he s out, he is away, hes away, he s away, him being away, his being away, he was away,
            dad is away, dads away, dad s away, daddy is away, daddys away, daddy s away, partner is away,
            husband is away, clink, slammer, chokey, the big house, the scrubs, sweat box, sweatbox, screws, lifer*,
            old lag*, ex con, ex cons, excon*, jailbird*, nonce*, cellmate*, cell mate*, padmate*, pad mate*, his cell,
            her cell, the cells, in a cell, cell block, visiting order*, visit order*, visits hall, visit hall,
            visitors centre, hdc, rotl, home detention, curfew*, electronic tag*, ankle tag*, on tag, on a tag, tagged,
            cat b, cat c, cat d, category b, category c, category d, open conditions, community payback,
            community order, unpaid work, approved premises,
            carchar*, garchar*, ngharchar*, ddalfa, dalfa, gwasanaeth prawf, swyddog prawf, rhyddhau,
            więzie*, wiezie*, odsiadk*, za kratk*, w pace, skazan*, wyrok*, kurator*, zwolnien* warunkow*
        """,
        "where somebody is": """
            imprison*, releas*, recalled to, still away, he away, she away, gone away for
        """,
        "police": """
            police*, policing, policem*, policew*, officer*, constab*, cop, cops, coppers, bobbies, feds, old bill,
            rozzer*, peelers, bizzies, dibble, the filth, the fuzz, the pigs, po po, popo, five o, five 0, 5 0,
            boys in blue, the plod, gardai, detective*, sergeant*, sgt, inspector*, superintendent*, pcso*, dci, cid,
            wpc, pc, dc, ds, arrest*, rearrest*, warrant*, under caution, cautioned, wanted by, raided, a raid,
            the raid, charged with, been charged, was charged, were charged, got charged, the charges,
            charges against, press charges, pressing charges, drug* charge*, driving charge*,
            heddlu, heddwas, harestio, arestio, arestiwyd,
            policj*, policyjn*, areszt*, komisariat*, komend*, radiow*, gliny, glina
        """,
        "court": """
            court, courts, courthouse*, courtroom*, magistrate*, judge, judges, jury, juror*, tribunal*, bail, bailed,
            bailiff*, the hearing, his hearing, her hearing, a hearing, hearing date*, on trial, the trial, his trial,
            her trial, stand trial, standing trial, verdict*, guilty, acquit*, prosecut*, defendant*, codefendant*,
            cps, plead, pleads, pleaded, pleading, pled, injunction*, restraining order*, non molestation*,
            nonmolestation*, the appeal, his appeal, her appeal, in the dock,
            llys, lys, ynad*, mechnïaeth, fechnïaeth, euog,
            sąd, sądu, sądzie, sądow*, rozpraw*, prokurat*, sędzi*, kaucj*
        """,
        "an offence": """
            offence*, offend*, offense*, crime, crimes, criminal*, felon*, perpetrator*, drug, drugs, dealer*, theft,
            thief, thieves, steals, stealing, stole, stolen, robbed, robber*, robbing, burgl*, assault*, murder*,
            manslaughter, rape, raped, rapes, rapist*, raping, stab, stabbed, stabbing*, gbh, abh, fraud*, arson*,
            smuggl*, traffick*, shoplift*, county line*, drink driving, drunk driving, weapon*, firearm*, knife crime,
            gun, guns, terroris*, paedo*, pedo*, a gang, the gang, gangs, gang s, kidnap*, blackmail*, stalk, stalked,
            stalker*, stalking,
            trosedd*, drosedd*, cyffur*, gyffur*, chyffur*, llofrudd*, lladrad*,
            przestęp*, przestep*, narkotyk*, kradzie*
        """,
    }
)
SUPPORT = """
    support*, help*, offer*, famil*, child*, son, sons, daughter*, parent*, carer*, counsel*, referr*, abus*, refuge,
    violen*, kid, kids, kiddie*, baby, babies, toddler*, teen, teens, teenage*, boy, boys, girl, girls, lad, lads, lass,
    lasses, bairn*, wean, weans, little one*, little man, young person, young people, youngster*, stepson*,
    stepdaughter*, grandson*, granddaughter*, grandkid*, grandchild*, husband*, hubby, wife, wives, missus, boyfriend*,
    girlfriend*, partner*, fiance*, your ex, his ex, her ex, mum, mums, mummy*, mam, dad, dads, daddy*, father*,
    mother*, stepdad*, stepmum*, gran, grans, granny, grandma*, grandad*, grandpa*, grandparent*, nan, nans, nana,
    aunt*, uncle*, brother*, sister*, sibling*, school*, nursery, nurseries, playgroup*, social worker*, foster*,
    guardian*, kinship, safeguard*, welfare, mentor*, therap*, solicitor*, barrister*, lawyer*, legal*,
    cymorth, gefnogaeth, cefnogaeth, helpu, help, chymorth, teulu*, plant, phlant, blant, plentyn, ysgol,
    wsparci*, pomoc*, pomóc, pomag*, rodzin*, dzieck*, dzieci*, mąż, męża, szkoł*
"""
NOT_MEANT = """
    of course, the nick of time, bail me out, bail us out, bail you out, inside the, inside your, inside our, inside my
"""

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
_LINK = re.compile(
    r"https?:\S*|\bwww\b\S*|[\w.+-]+@[\w-]+\.\w+|\b[\w-]+\.(?:com|org|net|uk|info|ly|app|eu|gov|wales|cymru|example)\b",
    re.IGNORECASE,
)
_FIGURES = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "$": "s", "@": "a", "!": "i", "|": "l"}
)
_MIXED = re.compile(r"(?=[\w$@!|]*[^\W\d_])(?=[\w$@!|]*[\d$@!|])[\w$@!|]+")
_APART = re.compile(r"(?<![^\W_])(?:[^\W_][\s.\-_*,/|~]{1,3}){2,}[^\W_](?![^\W_])")
_INSIDE = re.compile(r"(?<=[^\W\d_])[-_.*'’](?=[^\W\d_])")
_NO_LETTER = re.compile(r"[\W_]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


def _pattern(words: str) -> re.Pattern[str]:
    phrases = {" ".join(each.split()) for each in words.split(",")}
    forms = sorted(re.escape(each).replace(r"\*", r"\w*").replace(r"\ ", r"[\s'’-]+") for each in phrases if each)
    return re.compile(rf"\b(?:{'|'.join(forms)})\b", re.IGNORECASE)


_GIVES_AWAY = {kind: _pattern(words) for kind, words in AT_NO_LEVEL.items()}
_SPEAKS_OF_SUPPORT = _pattern(SUPPORT)
_NOT_MEANT = _pattern(NOT_MEANT)


def given_away(text: str) -> dict[str, str]:
    """What the words give away at any level: what of (prison, police, court, an offence, a link) -> by which word."""
    found = {}
    for reading in readings(text):
        for kind, pattern in _GIVES_AWAY.items():
            word = pattern.search(reading)
            if word and kind not in found:
                found[kind] = word.group()
    link = _LINK.search(text)
    return found | ({"a link": link.group()} if link else {})


def speaks_of_support(text: str) -> str:
    """The first word that may not stand below level 1; empty where there is none."""
    words = (_SPEAKS_OF_SUPPORT.search(reading) for reading in readings(text))
    return next((word.group() for word in words if word), "")


def readings(text: str) -> Iterator[str]:
    """The text as it stands, and as it is read by somebody who sees through what is written oddly."""
    plain = _NOT_MEANT.sub(" ", _PLACEHOLDER.sub(" ", text))
    yield plain
    folded = _NOT_MEANT.sub(" ", fold(plain))
    yield folded
    figures = _MIXED.sub(lambda word: word.group().translate(_FIGURES), folded)
    joined = _APART.sub(_together, figures)
    yield joined
    yield _INSIDE.sub("", joined)
    yield _STRETCHED.sub(r"\1", joined)


def _together(run: re.Match[str]) -> str:
    """Letters apart as a word; the first or the last of them may be a word of its own: *a p r i s o n visit*."""
    word = _NO_LETTER.sub("", run.group())
    return f"{word} {word[1:]} {word[:-1]}"
