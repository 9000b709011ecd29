"""Patterns of what generating leaves behind: wrappers, fillers, errors, names of roles, variables.

Patterns are read alike by RE2 and Python, in any case of letters.
"""

from __future__ import annotations

_THING = (
    r"(?:customer|client|user|company|product|first|last|full|recipient|employee|city|country"
    r"|date|order"
    r"|account|phone|email|job|project|agent|patient|student|person|brand|event|topic|subject|store"
    r"|business|organi[sz]ation|service|sender|manager|team|invoice|tracking|ticket|parcel|item"
    r"|doctor"
    r"|school|hotel|restaurant|website|delivery|appointment|support|contact|your|my|the|insert"
    r"|enter)"
)
_OF_THING = (
    r"(?:name|number|id|address|title|date|type|code|email|phone|amount|time|location|city|price"
    r"|url|link"
    r"|details?|info(?:rmation)?|description|position|department|reason|topic|text|value|here"
    r"|question|company)"
)
TEMPLATE = (
    r"(?:^|[^$])\{\{[^{}\n]{1,60}\}\}"
    rf"|<{_THING}(?:[ _-]\w+)?[ _-]{_OF_THING}>"
    rf"|\$?\{{{_THING}_(?:\w+_)?{_OF_THING}\}}"
    r"|\[\[[A-Za-z_ ]{2,30}\]\]|<<\w+>>|%\(\w+\)s|(?-i:\b__[A-Z]+_?[A-Z_]*__\b"
    r"|\{[A-Z][a-z]+ [A-Z][a-z]+\})"
    r"|\{%-? ?(?:if|for|else|end\w+|set|include)\b"
    r"|\b(?:dear|hi|hello|hey|welcome(?: to)?|thank you|thanks|regards"
    r"|sincerely),?\s+(?:<[a-z][a-z _-]{1,30}>"
    r"|\{[a-z][a-z _.-]{1,30}\}|\$\{?[a-z_]{2,}\}?)"
)
TEMPLATE_HINT = (
    r"\{\{|\{%|<<\w+>>|%\(\w+\)s|__[A-Z]+_|\[\[[A-Za-z_ ]+\]\]|<\w+[ _-][\w -]+>|\{\w+_\w+\}"
    r"|\{[A-Z][a-z]+ [A-Z]"
    r"|(?i:\b(?:dear|hi|hello|hey|welcome(?: to)?|thank you|thanks|regards|sincerely),?\s+[<{$])"
)
"""What every variable that was left has one of."""

OF_TEMPLATES = (
    r"\b(?:templat\w*|jinja\w*|handlebars|mustache|vue|angular|liquid|helm|ansible|workflows?"
    r"|placeholders?|f-strings?"
    r"|format strings?|html|xml|jsx|react|latex|wiki\w*|javascript|python|php|bash)\b|^\s*(?:def"
    r"|function|const|import|class) "
)
WRAPPER = (
    r"^\W*(?:as (?:you )?requested|based on your (?:request|instructions|input|prompt)"
    r"|per your request),? "
    r"|^\W*I(?:['’]ve| have) (?:created|generated|written|prepared) the following\b"
    r"|^\W*here(?:['’]s| is) my (?:answer|response)\b"
    r"|^\W*here(?:['’]s| is) the (?:translated|rewritten|revised|corrected|improved|optimized"
    r"|optimised|modified|updated"
    r"|edited|completed|cleaned|formatted"
    r"|summarized|paraphrased|generated) [^.\n:]*:\s*(?:\n|$)"
    r"|^\W*(?:(?:sure|certainly|of course|absolutely|okay|ok|great|got it|no problem|understood"
    r"|definitely|yes"
    r"|happy to help|alright)\b[^.!:\n]*[.!,:—–-]+\s*)?(?:"
    r"(?:here(?:['’]s| is| are)|below (?:is|are)|the following (?:is|are)|please find|I(?:['’]ve"
    r"| have) (?:created|generated"
    r"|written|prepared|provided))\b[^.\n:]*\b(?:requested (?:JSON|\w+put|data|content|format"
    r"|text|response|information|changes)\W*$|JSON|as requested"
    r"|you (?:asked|requested|wanted)|per your"
    r"|your (?:request|instructions|prompt|question|criteria|requirements|specifications)"
    r"|(?:requested|desired|specified|required) (?:format|output|structure)|generated|synthetic"
    r"|the (?:output|response|answer|result|rewritten|revised|translated|corrected|translation"
    r"|summary|conversation"
    r"|dialogue|final \w+|completed? \w+)(?: (?:in|for|to|based|of your)\b[^.\n:]*)?:\s*(?:\n|$))"
    r")"
    r"|^\W*(?:sure|certainly|of course|absolutely|okay|great|got it|understood"
    r"|definitely)\s*[!.,:—–-]+\s*"
    r"(?:here(?:['’]s| is| are)|below (?:is|are)|I(?:['’]ve| have) (?:created|generated|written"
    r"|prepared))\b"
)
TEXT_KEYS = (
    r"(?:(?:final_|assistant_|model_|bot_)?(?:answer|response|output|reply|completion|message)"
    r"|text|content|assistant"
    r"|generated_\w+|question|instruction|prompt|query|user|user_\w+|messages|conversations?"
    r"|dialogue|role|example"
    r"|examples|samples|chosen|rejected|summary|translation|explanation|reasoning|thoughts?)"
)
JSON_ANSWER = (
    r"^\s*(?:```(?:json)?\s*)?\[?\s*\{\s*(?:[\"']\w+[\"']\s*:[^\n{}]*[\n,]\s*)*"
    rf"[\"']{TEXT_KEYS}[\"']\s*:"
)
JSON_PAIR = (
    r"[\"'](?:(?:final_|assistant_)?(?:answer|response|output|reply|completion)|assistant|messages"
    r"|conversations?)[\"']\s*:"
)
SCAFFOLD = (
    r"\b(?:reference|seed|few[- ]shot|in[- ]context|demonstration) (?:example|prompt|question"
    r"|answer|dialogue"
    r"|conversation|sample|text)s?\b"
    r"|\bthe examples? (?:provided|you (?:gave|provided))\b|\bthe provided examples?\b"
    r"|\b(?:the|this|your|my) (?:system |initial |original |user )?prompt (?:says|asks|instructs"
    r"|states|specifies|requires|mentions)"
    r"|\bthe system prompt\b|\b(?:as|per) (?:instructed|specified|stated|requested"
    r"|outlined) in (?:the|your) (?:system )?"
    r"(?:prompt|instructions?|guidelines)\b|\bas per the (?:prompt|instructions|guidelines)\b"
    r"|\b(?:the|this) persona (?:described|provided|given)\b|\bthe (?:given|provided) (?:prompt"
    r"|instructions|persona|seed)\b"
    r"|\bthe (?:prompt['’]s )?instructions (?:say|state|specify|ask|require) "
    r"|(?:^|\n)\s*#{2,4} ?(?:instructions?|response|input|output|system|user|assistant|human|end"
    r"|example \d+)\b ?(?::|\n|$)"
    r"|</?(?:instructions?|assistant|user_query|system_prompt|system|few_shot|example_\d+)>"
    r"|^\W*(?:generated|synthetic|sample|new) (?:question|example|conversation|dialogue|response"
    r"|instruction|answer)s?\W*:"
    r"|\[(?:end of (?:example|response|conversation|answer|output))\]"
)
ROLE = (
    r"^\s*(?:\*\*|#+ ?|<|\[)?(?:assistant|AI(?: assistant)?|chat ?bot|bot|gpt|chatgpt|model"
    r"|system|llm)(?:\*\*|>|\])?\s*:"
    r"|(?:\n|^)\s*(?:\*\*|#+ ?|<|\[)?(?:user|human|assistant|<user>)(?:\*\*|>|\])?\s*:"
)
OF_DIALOGUES = (
    r"\b(?:dialog(?:ue)?s?|conversations?|chats?|transcripts?|interviews?|scripts?|scenes?"
    r"|role-?play\w*|plays?|skits?"
    r"|screenplays?|exchanges?|scenarios?|chatbots?|dialogs?|story|yaml|user stor\w+)\b"
    r"|\n\s*(?:user|human|assistant|AI) ?:"
)
_NOTHING = (
    r"(?:N/?A|none|null|nil|nan|undefined|to[- ]?do|tbd|tba|fixme|x{3,}|placeholder|(?:no"
    r"|not?)[ _-]?(?:response|answer|output"
    r"|content|data|text|results?|input|reply|message|available|applicable|provided|specified)"
    r"(?: (?:available|provided|given|found|generated|specified))?|blank|empty|empty (?:string"
    r"|response)|insert \w+ here"
    r"|(?:your|the)? ?(?:answer|response|text|content|message|question) (?:goes )?here|deleted"
    r"|removed|untitled|\#?(?:REF|VALUE|NAME|DIV/0|N/A)!?"
    r"|\[?object(?: object)?\]?|<[a-z ]{0,20}>|NoneType|(?:None|null)(?:[ ,;|]+(?:None|null))+)"
)
FILLER = (
    rf"^[\s\"'`(\[<*_-]*{_NOTHING}[\s\"'`)\]>*_.!:-]*$"
    r"|^[\s.…_?*#~=-]+$|^\s*(?:\{\s*\}|\[\s*\]|\"\"|'')\s*$|^[^\n]*\[object Object\]"
)
_STATUS = (
    r"(?:bad gateway|not found|internal server error|service (?:temporarily )?unavailable"
    r"|gateway time-?out"
    r"|too many requests?|unauthorized|forbidden|bad request|request time-?out|payload too large"
    r"|overloaded"
    r"|method not allowed|payment required|conflict|gone|error)"
)
ERROR = (
    r"^\s*\{\s*\"(?:error|errors|fault|exception|error_\w+|status_?code|detail)\"\s*:"
    r"|^\s*\{[^{}]*\"type\"\s*:\s*\"(?:error|\w+_error)\"|^\s*\{\s*\"code\"\s*:\s*\"?-?\d{3,5}\b"
    r"|\b(?:rate|usage|token|request|spending|message|daily|monthly|weekly|hourly"
    r"|hour) limit\b[^.\n]*\b(?:reached|exceeded|hit|for "
    r"(?:now|today|model))|\b(?:reached|exceeded|hit|exceed) (?:your|the|my|our"
    r"|its) (?:\w+ ){0,3}(?:rate|usage|token|request|message|spending)"
    r" (?:limit|quota)|\bexceeded your (?:\w+ )*quota\b|\bquota (?:has been )?exceeded\b"
    r"|\b(?:insufficient|exhausted)[_ ](?:quota|credits?)|^\W*(?:error: )?insufficient balance"
    r"|\bresource[_ ](?:has been )?exhausted\b|\bcredit balance is too low\b"
    r"|\bfree usage (?:exceeded|quota)\b|\btoo many (?:requests?|tokens)\b"
    r"|\b(?:model|server|service|engine) is (?:currently |temporarily )?(?:overloaded|unavailable"
    r"|not available|busy)"
    r"|\bmaximum context length\b|\bcontext[_ ]length[_ ]exceeded\b"
    r"|\bused all available credits\b|\brate[_ -]?limit(?:ed|ing|_\w+)?\b[^.\n]*\b(?:error|429"
    r"|retry|try again)"
    rf"|^\W*(?:\w+ ){{0,4}}(?:HTTP(?:/\d(?:\.\d)?)?|status(?: code)?|error(?: code)?|returned"
    rf"|code)?:? ?\(?[45]\d\d\)?\s*[-:–—]?\s*\(?{_STATUS}\b"
    r"|^\W*(?:\w+ ){0,3}(?:HTTP|status(?: code)?|error(?: code)?"
    r"|returned):? ?\(?[45]\d\d\b\)?\W*(?:$|[-:{(])"
    r"|^\W*(?:internal server error|bad gateway|service (?:temporarily )?unavailable"
    r"|gateway time-?out|no healthy upstream"
    r"|upstream (?:connect|request)|(?:api|network|server|connection|timeout|request|runtime"
    r"|fatal|unknown|unexpected|internal|generation|parse"
    r"|validation|authentication|openai|anthropic|gemini) ?error\b|connection (?:refused|reset"
    r"|error|aborted|timed? ?out)"
    r"|(?:the )?(?:request|operation|read|connection)(?: has)? timed? ?out|max retries exceeded"
    r"|access denied|error:|exception:|errno)"
    r"|^\W*(?:(?:I['’]m )?sorry,? (?:but )?|oops!? ?)?(?:an?|some|unexpected|there was an?"
    r"|I encountered an?"
    r"|the server had an?) ?(?:unexpected |unknown |internal |\w+ )?(?:error|technical issue)"
    r"|^\W*errors? (?:communicating|in|while|generating|parsing|fetching|calling|processing"
    r"|loading|from|during)\b"
    r"|^[^\n]{0,60}\b(?:connection refused|timed out)\W*$|\bwould exceed your \w+['’]s rate limit\b"
    r"|^\s*\{\s*\"message\"\s*:\s*\"[^\"]*(?:error|timed out|forbidden|unauthorized|not found"
    r"|limit|denied|invalid)"
    r"|\bservers? (?:is|are) (?:currently |temporarily )?(?:overloaded|down|unavailable|busy)"
    r"|^\W*(?:oops|sorry|hmm)?\W*something seems to have gone wrong"
    r"|^\W*(?:oops|sorry|hmm)?\W*something went wrong|^\W*(?:failed|unable) to (?:generate|fetch"
    r"|get|parse|connect|load|decode|reach|process)\b"
    r"|^\s*Traceback \(most recent call last\)|^\W*(?:Exception in thread|Unhandled \w+|panic: "
    r"|Fatal error|Uncaught )"
    r"|^\s*(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Timeout)(?::| \()"
    r"|\b(?:incorrect|invalid|missing|no) api key\b|\bECONNRE\w+|\bETIMEDOUT\b"
    r"|\bCUDA out of memory\b"
)
ERROR_SOUGHT = (
    r"^\W*(?:\{\s*[\"'](?:error|errors|fault|exception|error_\w+|status_?code|detail|code|message"
    r"|type)[\"']\s*:"
    r"|[45]\d\d\b|internal server|bad gateway|service (?:temporarily )?unavail|gateway time"
    r"|no healthy|upstream"
    r"|(?:\w+ )?(?:error|exception|errno)\b|connection (?:refused|reset|error|aborted"
    r"|timed? ?out)|max retries|access denied"
    r"|(?:the )?(?:request|operation|read|connection)(?: has)? timed? ?out|(?:I['’]m sorry|sorry"
    r"|oops|hmm|an?"
    r"|some|unexpected|there was an?"
    r"|I encountered|the server had|something)\b[^\n]*(?:error|wrong|technical issue)|failed to"
    r"|unable to|errors "
    r"|Traceback|Unhandled"
    r"|panic: |fatal|uncaught|[a-z_.]*(?:Error|Exception|Timeout)(?::| \())"
    r"|\{[^{}]*\"type\"\s*:\s*\"(?:error|\w+_error)"
    r"|(?:rate|usage|token|request|spending|message|daily|monthly|weekly|hour|hourly)[_ -]limit"
    r"|\bquota\b|overloaded"
    r"|too many (?:requests?|tokens)|context[_ ]length|resource[_ ](?:has been )?exhausted"
    r"|credit balance|free usage"
    r"|insufficient (?:balance|credit)|available credits|api key|ECONNRE|ETIMEDOUT|CUDA out of"
    r"|connection refused|timed out"
    r"|(?:HTTP(?:/\d(?:\.\d)?)?|status(?: code)?|error(?: code)?|returned|code):? ?\(?[45]\d\d\b"
    r"|(?:servers?|model|service|engine)"
    r" (?:is|are) (?:currently |temporarily )?(?:overloaded|down|unavail|busy|not avail)"
)
"""What every text with an error matches, and few others."""

ERROR_HINT = (
    r"error|technical issue|exception|\b[45]\d\d\b|limit|quota|time?d?-? ?out|unavailable"
    r"|overloaded|too many"
    r"|exhausted|credit|refused"
    r"|gateway|denied|something|failed|unable|traceback|panic|fatal|unhandled|uncaught|cloudflare"
    r"|<title|<center|cookies"
    r"|checking|verify|api key|ECONNRE|ETIMEDOUT|cuda|busy|is down|are down|context.length"
    r"|upstream|healthy|aborted|retries"
    r"|\"(?:fault|status_?code|detail|code|message)\""
)
"""Words of which every text with an error has one."""

SCAFFOLD_HINT = (
    r"reference|seed |few.shot|in.context|demonstration|examples? (?:provided|you)"
    r"|provided example|prompt|instruct"
    r"|persona|\n\s*##|^\s*##|</?(?:assist|user_q|system|few|example_)|generated|synthetic"
    r"|\[end of|guidelines"
    r"|(?:example|sample|question|instruction|task|prompt) #?\d+ ?[:.)]|^\W*(?:sample|new) "
)
"""Words of which every text with a scaffold has one."""

PAGE = (
    r"<title>[^<]*(?:\b[45]\d\d\b|error|denied|not found|unavailable|attention required"
    r"|just a moment|bad gateway|time-?out"
    r"|cloudflare|forbidden|captcha|blocked|robot)|\bcloudflare ray id\b|<center>(?:nginx"
    r"|cloudflare|openresty)"
    r"|enable javascript and cookies to continue|checking (?:if the site connection is secure"
    r"|your browser before)"
    r"|<Error><Code>|verify (?:that )?you are (?:a )?human"
)
