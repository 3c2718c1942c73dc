"""Languages by their English name or BCP 47 tag, as a recognition file writes them.

Rules
* The tag comes back in its usual writing: ``pl``, ``pt-BR``, ``zh-Hant``. A name comes back as its tag.
* What is neither is refused: a wrong language is a text nobody can read.

Source: ISO 639-1, and of ISO 639-3 the languages that interpreters in Britain are asked for.
"""

from __future__ import annotations

import re

from outreach.domain.intake_dates import Unreadable

_TABLE = """
aa=afar ab=abkhazian ae=avestan af=afrikaans ak=akan am=amharic an=aragonese ar=arabic as=assamese
av=avaric ay=aymara az=azerbaijani ba=bashkir be=belarusian bg=bulgarian bi=bislama bm=bambara
bn=bengali bo=tibetan br=breton bs=bosnian ca=catalan ce=chechen ch=chamorro co=corsican cr=cree
cs=czech cu=church_slavonic cv=chuvash cy=welsh da=danish de=german dv=dhivehi dz=dzongkha ee=ewe
el=greek en=english eo=esperanto es=spanish et=estonian eu=basque fa=persian ff=fulah fi=finnish
fj=fijian fo=faroese fr=french fy=western_frisian ga=irish gd=scottish_gaelic gl=galician gn=guarani
gu=gujarati gv=manx ha=hausa he=hebrew hi=hindi ho=hiri_motu hr=croatian ht=haitian_creole
hu=hungarian hy=armenian hz=herero ia=interlingua id=indonesian ie=interlingue ig=igbo ii=sichuan_yi
ik=inupiaq io=ido is=icelandic it=italian iu=inuktitut ja=japanese jv=javanese ka=georgian kg=kongo
ki=kikuyu kj=kuanyama kk=kazakh kl=greenlandic km=khmer kn=kannada ko=korean kr=kanuri ks=kashmiri
ku=kurdish kv=komi kw=cornish ky=kyrgyz la=latin lb=luxembourgish lg=ganda li=limburgish ln=lingala
lo=lao lt=lithuanian lu=luba_katanga lv=latvian mg=malagasy mh=marshallese mi=maori mk=macedonian
ml=malayalam mn=mongolian mr=marathi ms=malay mt=maltese my=burmese na=nauru nb=norwegian_bokmal
nd=north_ndebele ne=nepali ng=ndonga nl=dutch nn=norwegian_nynorsk no=norwegian nr=south_ndebele
nv=navajo ny=chichewa oc=occitan oj=ojibwa om=oromo or=odia os=ossetian pa=punjabi pi=pali pl=polish
ps=pashto pt=portuguese qu=quechua rm=romansh rn=rundi ro=romanian ru=russian rw=kinyarwanda
sa=sanskrit sc=sardinian sd=sindhi se=northern_sami sg=sango si=sinhala sk=slovak sl=slovenian
sm=samoan sn=shona so=somali sq=albanian sr=serbian ss=swati st=southern_sotho su=sundanese
sv=swedish sw=swahili ta=tamil te=telugu tg=tajik th=thai ti=tigrinya tk=turkmen tl=tagalog
tn=tswana to=tongan tr=turkish ts=tsonga tt=tatar tw=twi ty=tahitian ug=uyghur uk=ukrainian ur=urdu
uz=uzbek ve=venda vi=vietnamese vo=volapuk wa=walloon wo=wolof xh=xhosa yi=yiddish yo=yoruba
za=zhuang zh=chinese zu=zulu bfi=british_sign_language ckb=sorani cmn=mandarin din=dinka
fil=filipino gsw=swiss_german haz=hazaragi hak=hakka jam=jamaican_creole kmr=kurmanji kri=krio
mnk=mandinka nan=hokkien phr=pahari prs=dari pcm=nigerian_pidgin rom=romani sco=scots syl=sylheti
tet=tetum tig=tigre wuu=shanghainese yue=cantonese
"""

NAMES: dict[str, str] = {name: tag for tag, name in (pair.split("=") for pair in _TABLE.split())}
"""English name (lower case, underscores for spaces) -> tag."""

_OTHER_NAMES = {
    "bangla": "bn", "brazilian_portuguese": "pt-BR", "bsl": "bfi", "farsi": "fa", "fula": "ff", "flemish": "nl",
    "gaelic": "gd", "khmer": "km", "kurdish_sorani": "ckb", "kurdish_kurmanji": "kmr", "mirpuri": "phr",
    "moldovan": "ro", "panjabi": "pa", "patois": "jam", "pushto": "ps", "roma": "rom", "romany": "rom",
    "serbo-croat": "sr", "serbo-croatian": "sr", "simplified_chinese": "zh-Hans", "slovakian": "sk",
    "traditional_chinese": "zh-Hant", "tigrigna": "ti",
}  # fmt: skip

_TAGS = frozenset(NAMES.values())
_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)

NO_LANGUAGE = "This is no language we know. Write its English name, like Polish, or its tag, like pl."


def read_language(text: str) -> str | Unreadable:
    """The BCP 47 tag of a language written as a tag or by its English name."""
    name = re.sub(r"[\s_]+", "_", text.strip().lower())
    if tag := NAMES.get(name) or _OTHER_NAMES.get(name):
        return tag
    match = _TAG.fullmatch(text.strip().replace("_", "-"))
    if match is None or match[1].lower() not in _TAGS:
        return Unreadable(NO_LANGUAGE)
    parts = [match[1].lower(), (match[2] or "").title(), (match[3] or "").upper()]
    return "-".join(part for part in parts if part)


def language_name(tag: str) -> str:
    """Its English name, for people: ``pl`` -> *Polish*; the tag itself where we have no name."""
    first = tag.split("-")[0]
    name = next((name for name, each in NAMES.items() if each == first), None)
    return " ".join(word.capitalize() for word in name.split("_")) if name else tag
