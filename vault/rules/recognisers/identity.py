"""A model that speaks of itself: its name, its maker, that it is one, and what it lacks as such.

Patterns are read alike by RE2 and Python, in any case of letters.
"""

from __future__ import annotations

VENDORS = (
    r"(?:OpenAI|Anthropic|Google(?: DeepMind)?|DeepMind|Meta(?: AI)?|Alibaba(?: Cloud)?|DeepSeek"
    r"|Mistral(?: AI)?"
    r"|Microsoft|xAI|Cohere|Moonshot(?: AI)?|Zhipu(?: AI)?|Baidu|Tencent|ByteDance|Nvidia|01\.AI"
    r"|LMSYS)"
)
MODELS = (
    r"(?:ChatGPT|GPT-?[345]\w*|Claude|Gemini|Bard|Qwen\w*|DeepSeek|Llama|LLaMA|Copilot|Grok"
    r"|Mistral|Mixtral"
    r"|Kimi|ChatGLM|Ernie Bot|Vicuna|Alpaca|PaLM|Gemma|Phi-\d|Command R|Bing Chat)"
)
_AI = (
    r"(?:A\.?I\.?|artificial intelligence|machine learning|(?:large )?language|digital|virtual"
    r"|computer"
    r"|text-based)"
)
_BEING = (
    r"(?: (?:language|text|chat|assistant|AI|virtual|digital|conversational))*"
    r" (?:model|assistant|chatbot|bot|system|program|entity|agent|language model)"
)
IDENTITY = (
    # As an AI (language model), I …
    rf"\bas an? (?:\w+ )?{_AI}{_BEING}\b|\bas an? (?:responsible |helpful |mere )?(?:A\.?I\.?"
    rf"|artificial intelligence),? (?:I|we|my)\b"
    # I'm (just) an AI …
    rf"|\bI(?: am|['’]m) (?:just |only |simply |actually |merely )*an? (?:\w+ )?{_AI}(?:{_BEING})\b"
    r"|\bI(?: am|['’]m) (?:just |only |simply |actually |merely )*an AI\b"
    # I am Claude, made by Anthropic.
    rf"|\b(?:I(?: am|['’]m)|my name is|call me|this is) (?:an? )?{MODELS}\b(?:[,.!—–-]| an?\b"
    rf"| from| by| and|$)"
    rf"|\bI(?: am|['’]m| was|['’]ve been| have been)\b[^.\n]{{0,60}}\b(?:trained|created"
    rf"|developed|made|built|designed) by"
    rf" (?:a team at |the team at |researchers at )?{VENDORS}\b"
    rf"|\b{VENDORS}['’]s (?:content |usage |use[- ]case )?(?:policy|policies|guidelines)\b"
    rf"|\bmy (?:creators?|developers?|makers?)(?:,| at| is| are) {VENDORS}\b"
    # What it lacks.
    r"|\bI (?:do not|don['’]t|cannot|can['’]t) (?:actually |really )?(?:have|possess|experience"
    r"|feel|hold) (?:any )?"
    r"(?:personal (?:experience|opinion|belief|feeling|preference|emotion|view|memor)\w*"
    r"|(?:feelings|emotions|consciousness|opinions|beliefs)(?: or \w+)?(?: like| the way| as"
    r"| in the)"
    r"|(?:a )?physical (?:body|form|presence)|real[- ]time (?:data|information|access|internet)"
    r"|(?:the ability to )?(?:access|browse) (?:to )?(?:the internet|real[- ]time|the web"
    r"|external))"
    r"|\bI don['’]t have (?:direct )?access to (?:real[- ]time|the internet|current (?:events"
    r"|news|data)|external)"
    # Other languages.
    r"|\bcomo (?:um |una? )?(?:modelo de (?:lenguaje|linguagem|IA)|IA\b|asistente (?:de IA"
    r"|virtual)|intelig[eê]ncia artificial"
    r"|inteligencia artificial|assistente (?:de IA|virtual))|\bsoy (?:una IA"
    r"|un modelo de lenguaje|un asistente (?:de IA|virtual))"
    r"|\bsou (?:uma IA|um modelo de linguagem|um assistente (?:de IA|virtual))"
    r"|\ben tant qu(?:e modèle|['’](?:IA|intelligence artificielle|assistant (?:IA|virtuel)))"
    r"|\bje suis (?:une IA|un modèle de langage"
    r"|un assistant (?:IA|virtuel))|\bals (?:KI\b|KI-\w+|künstliche Intelligenz"
    r"|(?:großes )?Sprachmodell|AI-taalmodel|taalmodel)"
    r"|\bich bin (?:eine KI|ein KI-\w+|ein Sprachmodell)|\bin quanto (?:IA|intelligenza|modello"
    r"|assistente)"
    r"|\bsono (?:un['’]IA|un modello linguistico|un['’]intelligenza)"
    r"|как (?:языковая модель|ИИ\b|искусственный интеллект|ии-)|я (?:—|-|–)? ?(?:языковая модель"
    r"|искусственный интеллект|ИИ)"
    r"|作为(?:一个|一名|一种|您的)? ?(?:大型|大)?(?:AI|人工智能|语言模型|ai)|作為(?:一個)? ?(?:AI"
    r"|人工智慧|語言模型)|我是(?:一个|一名|一個)? ?"
    r"(?:AI|人工智能|人工智慧|大?语言模型|大型语言模型|通义千问|文心一言|豆包|智谱)"
    r"|(?:AI|人工知能|言語モデル)(?:アシスタント|モデル)?として|私はAI|저는 (?:AI|인공지능"
    r"|언어 모델)|(?:AI|인공지능|언어 모델)(?:로서|으로서)"
    r"|एक (?:एआई|AI|भाषा मॉडल|कृत्रिम बुद्धिमत्ता)|ایک (?:اے آئی|مصنوعی ذہانت)"
    r"|(?:كنموذج|بصفتي|باعتباري|أنا) (?:لغوي|نموذج لغوي|ذكاء اصطناعي|نموذج ذكاء|مساعد ذكاء)"
    r"|একটি (?:এআই|AI|ভাষা মডেল)"
    r"|sebagai (?:AI|model bahasa|asisten AI|kecerdasan buatan)|là một (?:mô hình ngôn ngữ|AI"
    r"|trợ lý AI|trí tuệ nhân tạo)"
    r"|bir (?:yapay zeka|dil modeli)|jako (?:AI|model językowy|sztuczna inteligencja)"
)

HINT = (
    rf"\ba\.?i\b|artificial intel|machine learn|language model|digital |virtual |text-based"
    rf"|computer |{MODELS}|{VENDORS}"
    r"|\bI (?:do not|don['’]t|cannot|can['’]t) (?:actually|really|have|possess|experience|feel"
    r"|hold)"
    r"|(?-i:[\x{370}-\x{1fff}\x{2e80}-\x{d7ff}])|\b(?:como|soy|sou|en tant|je suis|als|ich bin"
    r"|in quanto|sono|sebagai|là|bir|jako) "
)
"""What every such text has one of, and some other texts; for RE2 alone."""
