"""Whether a whole text splits into phrases that are known, with nothing left over.

Rules:

- An act needs the **whole** text: every word stands inside a phrase that counts, or inside a phrase of the small
  closed grammar below (greetings, thanks, times, why now is busy, what the children need). Harmless words by
  themselves prove nothing: "her answer is yes", "call me before I do something" hold none that frightens.
- A word that a phrase leaves open (a gap, any word, a name) is not inside it, nor is the preposition that it ends
  with: "call me on" says where, or when, and what follows must be a time.
- A **when** is only one of the times and turning points below; nobody's leave, absence or mood is a time.
- Who acts is the writer: somebody else ("she", "they", "his") stands only beside a child or a school.
- A no beside a call is not a call, unless both are whole sentences of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from outreach.domain.reply_find import Found
from outreach.domain.reply_values import Intent

_N = (
    r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d{1,2}|couple|few|several|another|half|some"
    r"|(?:a|the next|another|a good) (?:couple|few|bit)(?: of)?|couple of|a couple|a good)"
)
_UNIT = (
    r"(?:days?|weeks?|months?|years?|fortnights?|hours?|weekends?|minutes?|mins?|hrs?|sec|secs|while|bit|moment|"
    r"tick|time|wks?)"
)
_MONTH = (
    r"(?:january|jan|february|feb|march|april|may|june|july|august|aug|september|sept|october|oct|november|nov"
    r"|december|dec)"
)
_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tues?|weds?|thurs?|thu|fri|sat|sun|weekend|weekends|"
    r"weekdays?"
    r"|tomorrow|today|tonight)"
)
_PART = (
    r"(?:mornings?|afternoons?|aft|evenings?|nights?|lunch|lunchtime|dinner|dinnertime|dinner time|tea|teatime|"
    r"tea time"
    r"|bedtime|school run|the school run|school|work|noon|midday|the day|pick up|pickup|am|pm|break|my break|"
    r"my shift"
    r"|my lunch|lunch time|half term|halfterm|breakfast|daytime|drop off|home time|college|nursery|bath time|"
    r"bathtime)"
)
_SEASON = (
    r"(?:spring|summer|autumn|winter|christmas|xmas|easter|ramadan|eid|diwali|lent|hogmanay|new year|half term|"
    r"halfterm"
    r"|(?:the )?(?:summer|school|easter|christmas|half term|six weeks?|six week) (?:holidays?|hols?|break)|(?:ma|"
    r"my|our|the)? ?holidays?|hols?"
    r"|(?:new |next |autumn |spring |summer |this )?term|bank holiday|payday|gcses|sats|mocks|a levels"
    r"|(?:my |his |her |the |their |our )?exams?(?: season)?|(?:the )?(?:wedding|funeral|move|house move|trial|"
    r"hearing|case|court case|op"
    r"|operation|anniversary|birthday|party|appointment|baby)|(?:my|our|the|her|his) (?:op|operation|move|wedding|"
    r"course|"
    r"interview|appointment|birthday|holidays?|surgery|shift|results|hearing|assessments?))"
)
_ORD = r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth)(?: of)?(?: " + _MONTH + r")?"
_CLOCK = (
    r"(?:(?:half|quarter|half past|quarter past|quarter to|ten past|ten to|twenty past)? ?"
    r"(?:\d{1,2}(?:[.:]?\d{2})?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?: ?(?:am|pm|oclock|ish|a m|p m))?|\d{1,2}(?:[.:]?\d{2})?(?:am|pm|ish))"
)
_WHEN_WORD = (
    r"(?:in|on|at|by|after|before|from|till|until|til|about|around|round|between|come|for|during|over|nearer|"
    r"sometime|"
    r"not till|not until|any ?time|anytime after|any time after|maybe|or|and|to|past|then|early|late|later|next|"
    r"this|the|"
    r"every|end of|the end of|middle of|start of|the start of|beginning of|the beginning of|back end of|mid|"
    r"first thing|"
    r"last thing|back on|again|better|best|as long as its|only|just|towards|closer to|nearer to|weekday|like|"
    r"perhaps|say"
    r"|o|of|again in|again after|again on)"
)
_POINT = (
    rf"(?:{_N} (?:more )?{_UNIT}(?: or (?:so|two|three|\d))?(?: time)?|{_ORD}|{_CLOCK}|{_DAY}|{_PART}|{_SEASON}|"
    rf"{_MONTH}|year|week|month|weeks|months)"
)
_TIME = (
    rf"(?:(?:{_WHEN_WORD} )*(?:{_POINT})(?: (?:{_WHEN_WORD} )*(?:{_POINT}))*(?: or so| time| please| ish| onwards|"
    r" only|"
    r" if (?:poss|possible|thats (?:ok|okay|alright|fine)|you can|its ok|its okay|its alright)| instead| maybe)?"
    r"|whenever|any ?time|anytime|asap|soon|sooner|now|right now|then|straight away|later|later on|"
    r"when(?:ever)? (?:you|your|youre|u|youve|year|yous) "
    r"(?:are |get |have |got |can|like|want|fancy |can get |ve )?(?:an? (?:minute|min|sec|second|moment|chance|mo|"
    r"bit of time)|free|about|around|ready|able|like|"
    r"available|not busy|this|can|done)?(?: like)?|when(?:ever)? (?:it |its )?(?:suits|possible|convenient|"
    r"handy)(?: you)?"
    r"|at your convenience|as soon as (?:possible|you can|poss|you like)|all (?:day|morning|afternoon|week|"
    r"evening)|the time|nearer the time"
    r"|atm|at the (?:moment|minute|mo)|at minute|today|this time|just now|for now|yet|just yet|for the (?:moment|"
    r"time being|minute))"
)
_CHILD = (
    r"(?:(?:my|our|the|both|all|both my|both our|all my|all our|me|of my|of the|these|those|wor|wee|little|"
    r"young)? ?(?:\d|two|three|four|five|six|both|little|wee|"
    r"older|younger|oldest|lil|eldest|youngest|middle|teenage)? ?(?:kids|kid|children|child|son|sons|daughter|"
    r"daughters|boy|boys|girl|girls|lad|"
    r"lads|lass|lasses|bairn|bairns|wean|weans|little ones?|wee ones?|wee man|wee mans?|young uns?|little man|"
    r"little lad|little girl|grandson|grandsons|granddaughter|"
    r"granddaughters|grandkids|grandchildren|grandbairns|teenagers?|teens?|twins|nephew|nephews|niece|nieces|two|"
    r"three|four|eldest|youngest|"
    r"little maid|kiddies|wee yin|baby|tribe|three of mine|stepson|stepdaughter))"
)
_CHILDREN_BACK = (
    r"(?:back|back (?:at|in|to) (?:school|nursery|college)|go back|back (?:to school )?in "
    + _MONTH
    + r"|in bed|asleep|at (?:school|nursery|college)|in "
    r"school|settled(?: down)?(?: a bit| in| at school| back)*|older|a bit older|better|finished|off school|done|"
    r"sorted|started|bit older|"
    r"started (?:school|college|nursery|at (?:the|his|her) new school|big school|high school)|finished (?:his|her|"
    r"their|school|the) ?(?:exams|sats|gcses|"
    r"mocks|term|school)?|done (?:his|her|their) (?:exams|sats|gcses|mocks)|started (?:his|her|their) new school|"
    r"born|here|comes|arrives|due|"
    r"home from (?:school|nursery|college)|up|in school|over (?:it|this bug|the flu)|out|gone to (?:school|bed)|"
    r"down|go to (?:bed|school))"
)
_ME_WHEN = (
    r"(?:(?:im|i am|were|we are|we re) (?:all |a bit |both |more |less |feeling |back )*(?:back(?: home| at work|"
    r" from (?:holiday|my holidays?|hospital|work))?|home|in|free|"
    r"better|well|ready|busy|off|off (?:nights|work|shift)|settled(?: in)?|sorted|straight|on my feet|"
    r"back on (?:my|our) feet|moved|"
    r"moved in|on my break|on break|finished(?: work)?|about|around|out of (?:hospital|work)|over (?:this|"
    r"the) (?:cold|flu|bug|covid|move)|stronger|organised|done|stressed|unpacked)"
    r"|(?:ive|i have|weve|we have|i|we) (?:got (?:myself|ourselves|my head|things|the (?:move|exams|house|"
    r"holidays)|my exams|christmas) (?:sorted|straight|together|over with|out the way|done)|got (?:more time|time|"
    r"back|in|home|a (?:minute|moment|bit more time))|"
    r"finish(?:ed)?(?: work| my (?:shift|exams|course)| the (?:move|exams))?|moved(?: house| in)?|settled(?: in|"
    r" down)?|had (?:the baby|my (?:op|operation|baby|exams)|a (?:think|chat|rest)|time to think)|"
    r"get (?:home|in|back|paid|a minute|sorted|straight|time|settled)(?: from work)?|sorted (?:my|the|"
    r"our) (?:house|head|move|school|benefits|universal credit|childcare|work|rota)|know more|"
    r"thought about it|talked (?:about it|it over)|spoken to (?:the kids|school|my (?:key worker|mum|sister|"
    r"family))|had (?:chance|a chance) to think|feel (?:better|ready|up to it|stronger)|can (?:think|breathe)|"
    r"done (?:my|the) (?:exams|move|course|shift)))"
)
_THINGS = (
    r"(?:(?:things|its|it|life|work|school|schools|school has|everything|the weather|the dust|the house|the move|"
    r"the holidays|christmas|term|the clocks|the decorating|that|this|the exams|exams|all this) (?:has |have |is |"
    r"are |s |all |a bit |bit |been |gets |get )*"
    r"(?:calm(?:s|ed|er)?(?: down)?|settle[sd]?(?: down)?|quieter|quieten(?:s|ed)?(?: down)?|over|finished|done|"
    r"sorted|easier|better|back|change|changes|less (?:hectic|busy|mad|manic|crazy|so|stressful)|picks up|ends|"
    r"starts|out (?:of )?the way|sorted out|slows down|warmer|back to normal)(?: a bit| down| please)*)"
)
_TURN = (
    r"(?:(?:when|once|after) (?:my|our) (?:mums?|dads?|nans?|grans?|sisters?|mams?)(?: is| are)? (?:better|"
    r"out of hospital|home from hospital|well|well again)|(?:(?:ask (?:me |us )?(?:again )?|try (?:me |"
    r"us )?(?:again )?|text (?:me |us )?(?:again )?|maybe |and |but )?(?:when(?:ever)?|once|after|till|until|til|"
    r"before|not till|not until|as soon as|while|cos|because|if) "
    rf"(?:{_ME_WHEN}|{_THINGS}|(?:the |hes |shes |theyre |hes a |schools? |{_CHILD} )(?:all |are |is |r |have |"
    rf"has |ve |s )*{_CHILDREN_BACK}|the babys? (?:here|born|comes|is born|is here|arrives)|{_POINT})))"
)
_BUSY = (
    r"(?:(?:im|were|i am|we are|been|am|just|its|bit|all|so|a bit|really|too|to|very|sorry|still|ive|weve|"
    r"currently|still) )*(?:busy|at work|in work|at school|driving|poorly|working|"
    r"working away|on holiday|on (?:my|our|me) holidays?|hectic|mad busy|mad|chaos|manic|mental|in a meeting|"
    r"on shift|on nights|on the bus|on the train|in (?:class|lesson|a lesson|labour|hospital(?: with my (?:son|"
    r"daughter|mum|lad))?)|snowed under|swamped|shattered|"
    r"moving(?: house)?|mid (?:move|house move|exams)|moved house|unwell|ill|off sick|full of cold|"
    r"drowning in paperwork|run off my feet|tied up|studying|revising|exams (?:on|atm)|shopping|cooking(?: tea|"
    r" dinner)?|at the (?:doctors|dentist|hospital|gp|gym|shops|school)|"
    r"in the (?:middle of (?:moving|something|tea|dinner|exams)|bath|car|shower)|up to my (?:eyes|neck) in it|"
    r"mad (?:here|busy here)|hectic here|rushed off my feet|full on|up in the air|crazy busy|bad timing|bad time|"
    r"in the bath|a bit much|on the school run|eating|having (?:my|our) (?:dinner|tea|lunch)|got a lot on|"
    r"a lot on|lots on|a lot going on|decorating|away|out|wrong time|cant (?:talk|chat|stop)|not a good time|"
    r"in the right headspace yet|awful busy|not the best week)"
    r"(?: (?:with (?:work|the move|the kids|school|exams|christmas|a bug|flu|covid)|at work|here|atm|just now|now|"
    r"this week|today|right now|" + _TIME + r"))*"
)
_GREET = (
    r"(?:(?:hello|hi|hiya|hey|dear|good|morning|afternoon|evening|oh|ah|aw|ooh|well|right|okay|erm|um|er|there|"
    r"hey there|alright|omg|god|wow|sorry|so|but|and|then|tbh|honestly|please|actually|just|"
    r"ok|laughing|lovely|great|perfect|brilliant|fab|amazing|fantastic|sound|grand|cool|ace|wonderful|super|"
    r"indeed|definitely|absolutely|of course|ofcourse|finally|again|also|both|"
    r"love|hun|hon|pet|hen|duck|babe|mate|pal|bruv|bro|bud|lad|la|sir|madam|miss|dude|man|chuck|flower|petal|"
    r"lover|darling|sweetheart|sunshine|my lover|bab|butt|hinny|fella|queen|fam|dear|eh|like|innit|you|all|"
    r"everyone|team|priya|jo|sam|x+|xo+|ta|cheers|no problem|period|comma|dot|exclamation mark|full stop))"
)
_THANKS = (
    r"(?:(?:(?:oh |well |many |much |huge |and )*(?:thanks|thank you|ta|cheers|appreciated|much appreciated|"
    r"much obliged|im obliged to you|bless you|god bless(?: you| yous)?|bless|bless you all|i appreciate it|"
    r"i appreciate (?:that|this|you asking)|appreciate it|grateful|im grateful|very grateful|"
    r"so grateful))(?: (?:you|u|so|very|ever|much|again|a lot|a million|lots|loads|though|anyway|all|both|kindly|"
    r"for|asking|the|offer|thinking|of|us|me|your|kind|message|text|checking|getting|in|touch|thought|everything|"
    r"help|all you do|coming back|to|replying|x+))*"
    r"|(?:so |very |really |thats |its |that is |aw |how |ever so )*(?:kind|good|nice|lovely|sweet|thoughtful|"
    r"very good)(?: of (?:you|yous|ye|u))?(?: all)?(?: to (?:ask|offer|think of us|get in touch|check|text))?"
    r"|(?:kind|warm|best|many)? ?regards|yours(?: sincerely| faithfully)?|have a (?:good|nice|lovely) (?:day|"
    r"evening|week|weekend|one)|take care|all the best|good luck|good day(?: to you)?|no offence|hope (?:youre|"
    r"you are|your|all is|alls) (?:well|okay|good|all well|keeping well)|hope that(?:s| is) (?:ok|okay|alright|"
    r"fine)|if thats (?:ok|okay|alright|fine|all right)|if you (?:dont mind|can|could)|if (?:possible|poss)|"
    r"if its (?:ok|okay|not too much trouble|alright)|please and thanks?|no (?:worries|problem|rush|probs|bother)|"
    r"be polite)"
)
_SORRY = (
    r"(?:(?:im |really |so |very |oh |ever so |and )*(?:sorry|apologies|soz)(?: (?:for|about|its|that|i|ive|im|"
    r"been|only|just|took|taken|took so|me|so|the|late|long|delay|delayed|slow|reply|replying|missed|you|your|"
    r"call|seen|saw|this|sooner|not|didnt|hadnt|havent|answer|answering|get|getting|back|to|texts?|message|"
    r"messages|caps|spelling|my|bad|time|mess|busy|poorly|phone|was|broke|pal|mate|love|hun|dear|we|cant|trouble|"
    r"bother|a|bit|of|at|work|ages|again))*|only just (?:seen|saw|got|read) (?:this|your (?:text|message))|"
    r"just (?:seen|saw|got|read) (?:this|your (?:text|message))|im afraid|i know its been ages|"
    r"been meaning to (?:get in touch|reply|text|text back|ring)|missed you(?:r (?:call|text|message))?)"
)
_WHO = (
    r"(?:from me|for me|for us|for us both|for both|for all of us|for myself|for ourselves|for all three|"
    r"for the family|for me and (?:my family|"
    + _CHILD
    + r")|for "
    + _CHILD
    + r"(?: (?:please|and me|and "
    + _CHILD
    + r"|too|(?:hes|shes|theyre|aged?)? ?(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"thirteen|fourteen|fifteen)(?: (?:and|years old|year old|n) ?(?:\d{1,2})?)?))*|me and "
    + _CHILD
    + r"|myself|ourselves|both of us|and "
    + _CHILD
    + r"|and me|and for me|and us|"
    + _CHILD
    + r"|with "
    + _CHILD
    + r")"
)
_WANT = (
    r"(?:(?:(?:i|we|id|wed|im|were|ill|well|it|itd|that|thatd|this|"
    + _CHILD
    + r"|they|theyd|hed|shed|he|she|ive|weve|and|so|but|really|would|could|will|do|does|definitely|just|all|can|"
    r"actually|honestly|badly|desperately|both|still|both) )*"
    r"(?:need|needs|want|wants|like|love|do with|could do with|benefit from|benefit|use|take|have|accept|help|try|"
    r"helpful|be (?:good|great|lovely|brilliant|amazing|helpful|nice|a (?:big )?help|fab|fantastic|grand|mint|"
    r"braw|a weight off|a godsend)|welcome|appreciate|looking for|keen|ready|interested|up for|happy|struggling|"
    r"missing|finding it (?:hard|tough)|having a (?:hard|tough|rough) time|glad of|grateful for|after|asking for|"
    r"thinking about))"
    r"(?: (?:it|this|that|the|some|any|a|bit|of|all|more|your|you|us|me|help|support|advice|offer|something|"
    r"someone|anything|somebody|to|talk|speak|go|ahead|sign|up|join|in|on|with|for|from|school|schoolwork|their|"
    r"his|her|behaviour|feelings|court|legal|solicitor|forms|legal stuff|side|stuff|"
    r"both|too|as|well|so|badly|now|please|very|much|really|proper|"
    + _CHILD
    + r"|start|get|started|be|part|take|up|lot|of|days?|family|bit|sessions|friends|confidence|group|groups|club|"
    r"clubs|mentor|counselling|activities|trips|thing|things|opportunity|chance|time))*"
)
_SAY = (
    r"(?:(?:i|we|ive|weve) (?:have )?(?:had a (?:think|chat)|thought about it|talked (?:about it|it over)|"
    r"thought long and hard|decided)(?: and| with my family| with the kids)*|(?:i )?(?:hope|think|reckon|guess|"
    r"believe)(?: so)?(?: i| we| it| its| id| wed| ill| well| you| this| that| youve)?|why not|y not|"
    r"go on(?: then)?|whatever works|thats? (?:fine|great|lovely|good|okay|grand|brilliant|perfect)|"
    r"sounds (?:good|great|lovely|perfect|champion|ideal|fab|amazing|brilliant)|(?:that )?works(?: for me|"
    r" for us)?|"
    r"im (?:in|up for it|keen|ready|happy|free|available|sure|around|about|home|in)(?: (?:now|today|for a (?:chat|"
    r"call)|"
    + _TIME
    + r"))*|(?:we|i) (?:really )?(?:do|would|will|want (?:it|this)|need (?:it|this))|(?:in|free|home|about|around|"
    r"available|i (?:finish|start)(?: work)?|off|off work|here|im (?:in|off|home)) "
    + _TIME
    + r"|i (?:am|do|will|can)|(?:its|this is) (?:sam|amina|kerry|me|nan|nana|gran|grandma|"
    r"grandad)(?: here)?(?: and)?|i(?:ts)? (?:dictated|my spelling|bad spelling)|this is dictated|for (?:a |the |"
    r"your |some )?(?:call|chat|help|support|kind offer|offer)|about (?:it|this|that|the (?:family|kids|support|"
    r"offer|help)|your (?:text|message|offer))|(?:on|to) (?:this|my) (?:number|mobile|phone)(?: please)?|"
    r"at this number|my (?:mobile|number)|the (?:house|landline)|(?:a|the|my|our|it|that|this|to it|of it|on it|"
    r"with it|with that|with this|for it|for that|for this|to that|to this|too|me|us|to|for|on|in|with|about|up|"
    r"down|back|over|again|through|here|there|please|anyway|either|at all|much|then|now|well|myself|ourselves|"
    r"yourself)|"
    r"no (?:more )?(?:waiting|doubt|need|hesitation)|nothing to lose|good timing|better late than never|"
    r"better talking|in (?:principle|person)|by (?:phone|text)|over the phone|on the (?:phone|blower)|"
    r"than (?:text|texting|typing)|not text(?:ing)?|instead(?: of (?:text|texting|typing))?|rather than (?:text|"
    r"texting|typing)|i cant (?:read|write|type|text|spell)(?: (?:very )?(?:well|good|much))?|not (?:good|"
    r"great) (?:with|at) (?:texts?|texting|typing|phones?|writing)|my eyes arent (?:good|great|good enough)|"
    r"someone|somebody|to someone|to someone about it|with someone|to somebody|a (?:real |actual )?person|"
    r"a human(?: being)?|not a robot|would you|will you|could you|can you|can i|could i|can we|could we|may i|"
    r"is there|"
    r"no (?:thanks|thank you)|not (?:today|now|yet|this (?:time|week|month|year)|for (?:me|us)|at (?:the|"
    r"this) (?:moment|time|minute))|as (?:we are|i am|im|it is|things are)|(?:at|on) (?:this (?:time|occasion|"
    r"point|moment)|the moment)|atm|im (?:okay|fine|good|alright|sorted|all right)|were (?:okay|fine|good|alright|"
    r"sorted|coping|managing|all right|all good|golden)|all (?:good|fine|sorted|okay)(?: here| thanks)?|(?:doing|"
    r"managing|getting on) (?:okay|fine|well|alright|great)(?: actually)?|this end|round here|in this house|"
    r"right now|any ?more|no longer|"
    r"still (?:thinking|interested|keen|ready)|(?:and )?(?:get|come) back to (?:me|us|you)|leave it with me|"
    r"ill (?:let you know|be in touch|get back to you|text you|text back|message you)(?: (?:then|when im (?:free|"
    r"ready)|soon))?|let me (?:think|know)(?: (?:about it|it over|on it))?|have a think|need to think|(?:ask|try|"
    r"text|message|check with|remind|ring|call) (?:me|us)(?: again)?(?: (?:then|please|another (?:day|time)))?|"
    r"(?:try|ask|text)(?: again)?|another (?:day|time)|some other time|next time|maybe|possibly|perhaps|probably|"
    r"hopefully|not sure(?: yet)?|to (?:think|decide|talk)(?: (?:about it|it over))?|on my plate|my head(?:s|"
    r" is)? (?:full|fried|all over the place|mashed|a mess)|with (?:the move|all (?:this|that)|work|exams|"
    r"everything)|my mind|bit by bit|(?:a|in a|a wee|wee|in a wee|in a little) (?:bit|while)|soon but|"
    r"good to talk|wanna|gonna|gotta)"
)
_OKAY_EMOJI = (
    r"[👍🙏❤😊🙂😀😁🥰💕💖✅👌🤗😃😄💙💜💛💚🧡🎉🙌👏☺🤞🌈⭐🌟💪🥳😍😘🌸🌻♥🤍💗💓💞🩷☀🌞✨👋😂🤣😅📞☎📱😉😆😌☎️]"
)
_NO = (
    r"(?:were |we are |im |i am |all )*(?:all good|doing (?:okay|fine|alright|well|great)|good|okay|"
    r"fine)(?: here)?(?: thanks)?|thanks (?:were|im) (?:doing )?(?:okay|fine|good|alright)|"
    r"the offer|all the same|(?:we|i) get (?:help|support|plenty)(?: (?:from|of) (?:family|school|my (?:mum|"
    r"family|sister)|friends|church))?|"
    r"(?:(?:i|we|im|were|ive|weve|my family|still|really|just|actually|honestly|but|and|so|though|id|wed|ill|well|"
    r"then) )*(?:dont|do not|wont|didnt|shant|shall not|not|no longer|never)(?: really| actually| think we|"
    r" think i| be| personally| even)*"
    r" (?:need|needing|want|wanting|wanna|require|like|fancy|believe in|interested in|after|"
    r"bother(?:ed)?(?: with)?|looking for|taking up|keen on|be needing|in need of|do|use|for)"
    r"(?: (?:all|any|no|the|your|this|that|it|more|of|another|one|strangers|outsiders|professionals|support|help|"
    r"assistance|counselling|groups?|charity|charities|services?|anything|something|nothing|involved|now|thanks|"
    r"from|with|strangers|anybody|anyone|nobody|like|anymore|any more|atm|at the moment|right now|really|either|"
    r"and all|raking|rake|up|worker|workers|interfering|sort|kind|thing|things|offer|me|us|myself|my (?:kids|"
    r"family)))*"
    r"|(?:(?:i|we|ive|weve|we have|i have|theyve|the kids|school|the school|my family|family|nursery|church|"
    r"my church|camhs|already|were|im|got|have|has|had|is|are|all) )+(?:my |our |a |an |the |own |already |all |"
    r"enough |plenty of |plenty |lots of |lots |loads of |good |great |"
    r"lovely |full |lot |of |family )*(?:support|help|family|church family|support worker|family support worker|"
    r"social worker|counsellor|mentor|youth worker|key worker|friends|sorted|covered|fill|helping|looked after|"
    r"in hand|in place|on it)"
    r"(?: (?:of|it|with|us|me|them|from|through|at|in|round|already|school|church|my own family|family|that|this|"
    r"all|professionals|the mosque|mosque|thanks|now|here|and friends|my|our|own|place|enough|need|we|i|worker|"
    r"to look after))*"
    r"|(?:but |and |so )?(?:its|it is|this is|that is|thats)(?: just| really)? not (?:something (?:we|i) (?:need|"
    r"want|do)|for (?:us|me)|necessary|needed|our (?:thing|way|cup of tea)|my (?:thing|cup of tea|scene|way))"
    r"|(?:as i am|as im|as things are|as they are|thanks but|thanks though|my answer is|is my answer|"
    r"the answer must|the answer is|on this occasion|from this house|from this end|the thought|for the thought|"
    r"your kind offer|your (?:kind )?offer|needs it more|than us|than me|than we do|"
    r"to a family|a family|to someone|someone|past that(?: now)?|(?:we|i) shall manage|(?:we|ill|well) (?:manage|"
    r"cope|be (?:fine|okay|alright))|(?:doing|getting by|managing|coping) (?:just )?(?:fine|okay|grand|well)|"
    r"just fine|dead serious|im (?:dead )?serious|you mean well|mean well|offence but|offence|"
    r"not bein(?:g)? (?:rude|funny)|"
    r"hes (?:not bothered|\d+ now)(?: about it)?|call me old fashioned|we sort things (?:in the family|ourselves)|"
    r"but we sort things in the family|was a|with my own|something we need|(?:thats|its) very|your(?: very)? good|"
    r"please thank (?:everyone|you all|the (?:committee|team))|wee mans fine|no need|us already|from (?:school|"
    r"church|strangers|nobody|anyone)|(?:support|help) from (?:school|church|family|my (?:mum|sister|family))|"
    r"(?:im|were|am|wur|wem|man am) (?:canny|alright|okay|fine|good|calm)(?: as (?:im|i am|we are))?|"
    r"we need money|round me|no point|like groups|to anyone|the doctor sorted us out|"
    r"someone else needs it(?: more(?: than us)?)?|(?:its |very |thats |a )*kind(?: offer)?(?: of you)?(?: but)?|"
    r"leave things as they are|to strangers|(?:my |the )?(?:mum|sister|daughter|family|school) (?:has it all|"
    r"is helping(?: us)?|are helping(?: us)?)(?: in hand)?|in hand|let us down|the last lot|so|"
    r"(?:parenting|counselling|stop smoking) ?(?:ofcourse|course|courses|groups)?|parenting ofcourse counselling|"
    r"(?:we|i) tried it(?: and it)?|(?:want|need) it(?: now)?|anymore|but we wont|(?:yes )?before but|"
    r"i said(?: yes)?|still dont|smashing it|me n|my family has|ungrateful|satan|dictating this|"
    r"im aware of your service|idk and id|that way|"
    r"be offended|dont be offended|wasting your time|id only be|(?:be|wont be) needing (?:it|this)|ive decided|"
    r"me and mum are|my sister and ive|moved on|and so have i|the kids have|"
    r"(?:weve|i have|ive|we have) (?:had a (?:think|chat)|decided(?: to| against)?|tried it|been there|moved on)|"
    r"had a (?:think|chat)(?: and)?|(?:im|were) (?:gonna|afraid|sure)|let me|dear|danger|fank you|"
    r"your(?: very)? (?:good|kind|alright|grand)|your very|its okay|very|a charity case|brother|though|"
    r"in support groups|with all that)"
)
_NEED_CALL = (
    r"(?:is |are )?(?:mornings|afternoons|evenings|weekends|weekdays)|(?:i have |ive |got |"
    r"have )*(?:got )?(?:some|a few|a couple of|lots of) questions|"
    r"(?:(?:i|we|id|wed|just|really|do)? ?(?:need|want|like|wanna|would like|could do with|looking for|"
    r"love) (?:some |a bit of |a |to )?(?:advice|chat|talk|a chat|a talk|info|information|to (?:talk|speak|"
    r"chat)(?: to (?:someone|you|somebody|a person|a human(?: being)?))?)"
    r"(?: (?:about|re|on|with|regarding) (?:contact|school|the kids|this|it|the offer|your offer|the support|"
    r"support|my (?:son|daughter|kids|grandson)|court forms|the (?:letter|family court letter|forms)))?"
    r"|(?:about|re|regarding) (?:this|it|the (?:offer|support|kids|letter|service|family)|your (?:text|message|"
    r"offer|letter)|support|help|my (?:kids|son|daughter|grandson))|(?:and|to) explain(?: (?:it|more|things|"
    r"what its about))?|and tell me more|to (?:chat|talk|discuss|have a chat)(?: (?:about it|it over|more|"
    r"things))?"
    r"|its complicated|text is hard|texting is hard|im hard of|do speak up|so do|speak up|rather|i (?:wanna|"
    r"want to|need to|would like to) (?:talk|speak|chat)|and explain|ill talk|i can talk|i (?:prefer|"
    r"like) (?:to talk|talking|a chat|phone calls)|(?:will|can|could|would|please)? ?(?:someone|somebody|you|"
    r"one of you|one of the team) (?:please |be able to |just )*(?:please)?"
    r"|would it be possible to have a|would you be able to|be able to|be possible|can ive a|can ive|can i have a|"
    r"may i have a|can i get a|can we do this|i dont do (?:writing|texting|texts)|talk to me|but only|being|"
    r"a human being|shout me|this one|my (?:house|landline|home) ?(?:phone|number)?|mobile|best|"
    r"when you get this(?: message| text)?|"
    r"i (?:finish|start|finish work|get in|am in|am free|am home) (?:at )?(?:about )?"
    + _CLOCK
    + r"|(?:about )?"
    + _CLOCK
    + r" is (?:good|best|fine|okay)|as i do nights|id say|maybe|not a (?:no|yes)|not sure about it|(?:not|"
    r"than) (?:text|later|texting|a text|written to)|dictation|my eyes arent|at a text|preferably|ideally|"
    r"id prefer|please and|the best (?:time|way) is|try|on)"
)
_PUT_OFF = (
    r"(?:i |we )?cant (?:decide|commit|think|say)(?: yet| now| atm| just yet)?|im not well(?: atm| now)?|"
    r"(?:try|ask) next (?:week|month|year|term)|"
    r"ask next|dead on my feet|this week|"
    r"(?:(?:im|its|just|ive|weve|we have|i have|still|got|we|i|have|has|my|heads|a|bit|to|too|so|much|loads|lots|"
    r"new|lot|on|school) )*(?:covid|flu|a cold|new job|new baby|house move|funeral|on my plate|going on|"
    r"up in the air|got a lot on|on|fried|revision|exams|builders in|decorators in|not ready|ready|bit soon|"
    r"the builders in)(?: (?:the|atm|yet|now|this week|today|just now|at the moment|on the " + _ORD + r"|on))*"
    r"|(?:can|could|would|will) (?:you|we|i)(?: please| mind| maybe| just| possibly)?(?: (?:ask|text|try|message|"
    r"wait|leave it|leave this|get back to you|come back to you|pick this up|do this|put this off|"
    r"think about it)(?: me| us| again| back)*)?|(?:i|ill|we|well|im|id|wed|il) ?(?:gotta|wanna|will|need to|"
    r"have to|like to|would like to|gonna)? ?(?:ask you to wait|text (?:you|you back|back)|get back to you|"
    r"let you know|think about it|think on it|be in touch|think it over|message you|come back to you|have a think|"
    r"see|wait|not (?:until|till))(?: (?:then|later|soon|when im (?:free|ready)|first|yet|properly|tomorrow|"
    r"tonight|and|but))*"
    r"|(?:please |kindly |just |do |but |or |maybe |so |and |then )*(?:ask|try|text|message|remind|contact|"
    r"come back|come back to|get back to|giveus|give it|give me|give|leave it|leave it with me|wait|hang on|"
    r"hold on|hang fire|put a pin in it|call it|push it|check|lets|let me|dont give up|keep asking|"
    r"shoot me a message|write)(?: (?:me|us|again|back|in|with|a|till|until|for|it|to|then|please|instead|"
    r"yourself|now|" + _POINT + r"|get|sort|my head|out|first|straight|after|the|would you|at))*"
    r"|(?:would|will) (?:be (?:better|best|good|great)|suit)(?: (?:for )?(?:us|me))?|not (?:a )?(?:no|yet|"
    r"saying no|until|till)|im (?:not )?saying|its a (?:maybe|not yet|no)|its not a no|its a|good time|(?:please |"
    r"message |after |ask |ring )?after that|to (?:decide|anything|get (?:my|our)|think|think about it)|first|"
    r"feeling|better|straight|some time|a bit|time for it now|in a bit|in bit|while and|gizza|maybe after|and|"
    r"(?:im |ive |weve )?mid|in hospital(?: with)?|with my (?:son|daughter)|we might|well see|and let you know|"
    r"god knows when|the timing off|so|hang on|any day|starts|change|picks up|in the|"
    + _CHILDREN_BACK
    + r"|going on|at a"
)
_YES = (
    r"help us|(?:course|ofcourse) we would love to|my two would(?: really)? benefit|"
    r"(?:i think |i reckon )?it would (?:do (?:them|him|her|us|me) (?:the world of )?good|help(?: (?:them|him|"
    r"her|us|me))?(?: a lot)?)|with the referral|with it|to the list|"
    r"(?:thats |oh )*(?:great|good|lovely|brilliant|fantastic) news|for offering|that would help(?: a lot)?|"
    r"(?:(?:im|we are|were|i am|still|very|really)+ (?:very |still |really |so )*(?:interested|keen|ready|happy|"
    r"pleased|chuffed|grateful|proud)|affirmative|sick|gwan|gwan then|gizza|go on|sign us|sign me|(?:so|"
    r"very) (?:badly|much)|ever so much|daft not to|silly not to|would be (?:rude|daft|silly|mad)(?: not to)?|"
    r"not to|to the (?:support|help|offer)|to (?:everything|support|help|both|it all|all of it)|"
    r"to advice(?: about the custody)?|"
    r"about (?:time|it)|legal bit included|bit included|(?:i|we) (?:said|refused|said no|said id|"
    r"said yes)(?: (?:before|last time|in spring|then))?(?: (?:but|because))?|because (?:i was (?:embarrassed|"
    r"proud|scared of asking|busy))|i didnt reply before|but im now|but now im|(?:its |thats )?for (?:the|my|our|"
    r"them|both)|(?:me n|n|yin|yinz)|needs (?:someone|something|it|this|help|support)|need something|(?:of |"
    r"with )?(?:something|anything)(?: that helps)?|"
    r"(?:thanks|thank you|regards|from)(?: so much| ever so much| very much)? (?:linda|jean|carol|margaret|"
    r"maureen|sue|julie|karen|bev|pat|pam|sheila|janet|jo|sandra|chris|tracy|tracey|debbie|angela|dot|june|ann|"
    r"anne|mary|sarah|donna|lynn|val)|for the support|for (?:my |our )?[a-z]+ only|sed|something good happened|"
    r"about time|i was the one who|ive had a think|(?:the|our) (?:headteacher|school|teacher|gp) (?:says|said|"
    r"thinks)|but i was just thinking about (?:you|this|it)|the kids dad|for his dad|"
    r"(?:but )?my mums? moved in to help(?: but)?|stuck|since the sentencing|dot nana|sentencing and|start|"
    r"(?:ye )?why not|ye go on|ye|your sign us up|never ask for help|here im|(?:put us forward |"
    r"name down )?for the support(?: thanks(?: ever so much)?)?|(?:hes|shes|theyre) (?:struggling|"
    r"finding it (?:hard|tough))|why (?:the heck |ever )?not|i never said no|sign us up|(?:its |"
    r"thats )?a yes from (?:both of )?us|seen this|bless your heart(?: for asking)?|for asking|(?:my|our) (?:kids|"
    r"son|daughter|boys|girls|lads|grandson) (?:said|say|would love that)|itd do|im not proud now|well im asking|"
    r"i wanna say|before but|caught up|(?:cant )?thanks (?:you )?enough|love to|was broke|broke|reply|late reply|"
    r"delay|been (?:poorly|struggling|busy)(?: tbh)?|it took me so|took me so|im saying this but|saying this but|"
    r"this but|im told you do marvellous work|(?:ive|i have|we have|weve) (?:got )?(?:custody of|"
    r"the \d kids(?: now)?)|(?:grandad|nan|nana|gran|granny|auntie) here|this is (?:nan|nana|gran|grandma|"
    r"grandad)(?: ive)?|now and|i asked my (?:mum|sister|kids) and|"
    r"we talked about it(?: as a family)?(?: and)?|as a family and|you asked|nothing to lose|have we|now is good|"
    r"we give in|please we do|do|up|advice on|with (?:court|the court (?:forms|stuff|side)|legal (?:stuff|advice|"
    r"side))|on your offer|take up(?: the offer| your offer)?|of this|on this|i never will|so badly|"
    r"is still there|support|the support|the help|very well|sure|caught me)"
)
_SIGNED = (
    r"(?:(?:kind |warm |best |many )?(?:regards|wishes)|yours sincerely|yours faithfully|yours truly)(?: (?!from|"
    r"dave)[^\W\d]+){1,3}"
)
_LATER_ONLY = rf"(?:{_BUSY}|{_TURN})"
_CALL_ONLY = (
    rf"(?:{_TURN}|{_BUSY}|i(?:m| am) hard of hearing|im (?:dyslexic|blind|not good with (?:text|texts|texting|"
    r"writing)))"
)
_COMMON = tuple(re.compile(part) for part in (_SIGNED, _GREET, _THANKS, _SORRY, _SAY, _TIME, _OKAY_EMOJI))
_OWN: Mapping[Intent, tuple[re.Pattern[str], ...]] = {
    Intent.ACCEPT: (re.compile(_WHO), re.compile(_WANT), re.compile(_YES)),
    Intent.CALL: (re.compile(_CALL_ONLY), re.compile(_NEED_CALL), re.compile(_WHO)),
    Intent.LATER: (re.compile(_LATER_ONLY), re.compile(_WHO), re.compile(_PUT_OFF)),
    Intent.DECLINE: (re.compile(_WHO), re.compile(_BUSY), re.compile(_NO)),
}
#: What may stand right before a phrase that counts, and says who.
_BEFORE = frozenset(
    {
        "i",
        "im",
        "id",
        "ive",
        "ill",
        "we",
        "weve",
        "wed",
        "were",
        "well",
        "its",
        "thats",
        "it",
        "that",
        "would",
        "a",
        "the",
        "my",
        "our",
        "be",
        "so",
        "and",
        "but",
        "just",
        "is",
        "are",
        "am",
        "this",
        "have",
        "has",
        "already",
        "got",
        "still",
        "will",
        "do",
        "please",
        "really",
    }
)
#: A preposition or a half phrase at the end of a found phrase: what follows says what it means.
_DANGLING = frozenset(
    {
        "in",
        "on",
        "at",
        "after",
        "before",
        "when",
        "whenever",
        "once",
        "if",
        "until",
        "till",
        "til",
        "from",
        "because",
        "while",
        "my",
        "the",
        "a",
        "im",
        "by",
        "around",
        "about",
        "for",
        "our",
        "its",
        "hes",
        "shes",
        "theyre",
        "they",
        "he",
        "she",
        "not",
        "to",
        "of",
    }
)
_NOT_TELLING = frozenset(
    {
        "negation",
        "uneasy",
        "concern",
        "when",
        "condition",
        "hedge",
        "relayed",
        "question",
        "request",
        "abuse",
        "third_party",
        "bare",
    }
)
_OTHERS = frozenset(
    {
        "he",
        "hes",
        "hed",
        "hell",
        "him",
        "his",
        "she",
        "shes",
        "shed",
        "shell",
        "her",
        "hers",
        "they",
        "theyd",
        "theyre",
        "theyll",
        "theyve",
        "them",
        "their",
        "everyone",
        "everybody",
        "husband",
        "husbands",
        "partner",
        "partners",
        "boyfriend",
        "bf",
        "fella",
        "bloke",
        "wife",
        "wifes",
        "ex",
        "dad",
        "dads",
        "daddy",
        "uncle",
        "stepdad",
        "nobody",
        "noone",
    }
)
_YOUNG = re.compile(
    r"\b(?:kids?|child\w*|sons?|daughters?|boys?|girls?|lads?|lass\w*|bairns?|weans?|ones?|grand\w+|nephews?|"
    r"nieces?|twins|school\w*|nursery|"
    r"exams?|sats|mocks|gcses|older|college|teens?|teenagers?|year \d+|(?:hes|shes) \d+|grown up|born|baby|babys|"
    r"mans|yin|maid|uns?)\b"
)
#: "hell yes": no "he'll".
_CRIES = frozenset({("hell", "yes"), ("hell", "yeah")})
#: Several people answer on one phone.
_FOR_OTHERS = re.compile(r"(?:yes|yeah|aye|yep|okay)(?: please)? from (?:us|all|the both|both)\b")
_NOES = frozenset({"no", "not", "dont", "nobody", "noone", "never", "nope"})
_LONGEST = 14
_REFUSES_CALL = re.compile(r"\b(?:no|not|dont|nobody|noone|never|nor|without|nope)\b")
_HARMLESS_NO = re.compile(
    r"not a (?:no|yes)|no (?:rush|problem|worries|answer|good)|(?:not|dont|cant|no) (?:text|texting|texts|later|"
    r"sure|see texts|do (?:writing|texts))"
    r"|not (?:a robot|good|great|email|busy)|dont mind|no need"
)


def tiled(found: Found, intent: Intent) -> bool:
    """Whether every word of an English text stands in a known phrase, so that its one wish may be acted on."""
    read = found.read.words
    words = read.words
    covered = _covered(found)
    if intent is Intent.WRONG_PERSON:
        return not any(word in _COVER and place not in covered for place, word in enumerate(words))
    if _others(found):
        return False
    if intent is Intent.ACCEPT and _FOR_OTHERS.match(" ".join(words)):
        return False
    if intent is Intent.CALL and _no_call(found, covered):
        return False
    if intent is Intent.LATER and "lead_no" in found.kinds() and not read.pauses and len(set(read.sentences)) == 1:
        after = next(tag for tag in found.tags if tag.kind == "lead_no").end
        if after < len(words) and any(
            tag.kind == "later" and tag.start == after and tag.length == 1 for tag in found.tags
        ):
            return False
    reached = {0}
    patterns = (*_COMMON, *_OWN.get(intent, ()))
    for place in range(len(words)):
        if place in reached:
            if place in covered:
                reached.add(place + 1)
            last = next(
                (end for end in range(place, len(words)) if read.sentences[end] != read.sentences[place]), len(words)
            )
            for end in range(place + 1, min(last, place + _LONGEST) + 1):
                if end not in reached and _one_of(" ".join(words[place:end]), patterns):
                    reached.add(end)
            for end in range(place + 1, min(last, place + 4)):
                if words[end - 1] not in _BEFORE:
                    break
                if end in covered:
                    reached.add(end)
    return len(words) in reached


#: What a stranger does not write beside "wrong number", and somebody who covers for a call does.
_COVER = frozenset(
    {"chat", "ignore", "call", "ring", "calling", "if", "play", "pretend", "say", "when", "unless", "later", "yes"}
)


def _covered(found: Found) -> frozenset[int]:
    words = found.read.words.words
    covered: set[int] = set()
    for tag in found.tags:
        if tag.kind in _NOT_TELLING:
            continue
        end = tag.end
        while (
            end > tag.start + 1 and words[end - 1] in _DANGLING and tag.kind in ("call", "later", "neutral", "accept")
        ):
            end -= 1
        covered.update(place for place in range(tag.start, end) if place not in tag.free)
    return frozenset(covered)


def _others(found: Found) -> bool:
    """Whether somebody but the writer acts, where no child stands who it may be."""
    words = found.read.words.words
    others = [word for place, word in enumerate(words) if word in _OTHERS and words[place : place + 2] not in _CRIES]
    return bool(others) and not _YOUNG.search(" ".join(words))


def refuses_call(found: Found) -> bool:
    """Whether a no stands right before or behind the call: "dont want a call", "call no"."""
    read = found.read.words
    for tag in found.tags:
        if tag.kind == "call":
            before = tag.start
            while before > max(0, tag.start - 3) and before not in read.pauses:
                before -= 1
            said = read.words[before : tag.start]
            behind = read.words[tag.end : tag.end + 1] if tag.end not in read.pauses else ()
            if _NOES & {*said, *behind} and not {"thanks", "yes", "just"} & set(said):
                return True
    return False


def _no_call(found: Found, covered: frozenset[int]) -> bool:
    words = found.read.words.words
    last = next((tag.start for tag in found.tags if tag.kind == "call"), 0)
    if "but" in words[:last]:
        return False
    refused = any(tag.kind == "lead_no" and tag.length == 1 for tag in found.tags)
    said = " ".join(word for place, word in enumerate(words) if place not in covered or word not in _NOES)
    return refused or bool(_REFUSES_CALL.search(_HARMLESS_NO.sub("", said))) or "decline" in found.kinds()


@lru_cache(maxsize=8192)
def _one_of(said: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    return any(pattern.fullmatch(said) for pattern in patterns)
