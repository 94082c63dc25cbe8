"""Words that tell a language, a question, a request or a picture, by language.

Lists of this kind are never complete. They are used so that a word that is not in them costs
nothing: a language that is not recognised is "unknown", and only in a language with lists can
a text be found not to ask anything.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _signs(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words(
        "the of and to in is are this that it what how why which you your my i for with on do"
        " does can could would be have has not from at as an or if when where who there me we"
    ),
    "de": _words(
        "der die das und ist sind ein eine einen einem ich du sie wir nicht mit auf für von zu"
        " den dem des im was wie warum welche welcher kann kannst können auch es mir mein dein"
        " aus bei nach wenn wo wer hier dieses diesem dieser"
    ),
    "fr": _words(
        "le la les des un une et est sont ce cette ces que qui quoi comment pourquoi quel quelle"
        " je tu vous nous il elle dans sur pour avec pas ne du au aux mon ma votre peux pouvez"
        " où quand ou si plus"
    ),
    "es": _words(
        "el la los las un una y es son este esta esto que qué quién cómo como por para con no se"
        " del al en mi tu su cuál cuáles dónde cuándo puedes puede hay lo le me más si o"
    ),
    "it": _words(
        "il lo la gli le un una e è sono questo questa questi che chi cosa come perché per con"
        " non di del della nel nella su mi tu mio puoi può quale quali dove quando si o più"
    ),
    "pt": _words(
        "o a os as um uma e é são este esta isto isso que quem como por para com não se do da"
        " dos das em no na meu minha você qual quais onde quando pode há mais ou porque"
    ),
    "nl": _words(
        "de het een en is zijn dit dat deze die wat hoe waarom welke ik jij je u we niet met op"
        " voor van te in er kan kun kunt mijn jouw waar wanneer wie om als ook naar"
    ),
    "pl": _words(
        "i w na z do jest są to ten ta nie się co jak dlaczego który która czy dla od po przez"
        " mój moja mnie można gdzie kiedy kto o za tego tej"
    ),
    "sv": _words(
        "och att det som en ett är på i av för med jag du vi den inte vad hur varför vilken"
        " vilka kan var när vem min din till från här denna detta om eller"
    ),
    "tr": _words(
        "ve bir bu şu ne nasıl neden niçin hangi için ile mi mı mu mü var yok ben sen biz değil"
        " da de çok daha nerede kim"
    ),
    "id": _words(
        "yang dan di ke dari ini itu apa bagaimana mengapa untuk dengan tidak adalah saya anda"
        " ada pada bisa dapat akan mana siapa"
    ),
    "vi": _words("là và của có không trong này cho tôi bạn gì như thế nào tại sao các những một"),
    "ru": _words(
        "и в не на что как это с по для мне я ты вы он она они почему какой какая какие где"
        " когда кто ли из у к от за о бы же мой ваш"
    ),
    "uk": _words(
        "і в не на що як це з по для мені я ти ви він вона вони чому який яка які де коли хто"
        " чи із у до від за є та мій ваш"
    ),
    "fa": _words("و در به از که این آن را با است چه چرا چگونه برای من شما می هست آیا کدام"),
    "ar": _words("في من على ما هذا هذه التي الذي كيف لماذا هل أن إلى عن مع هو هي أو لا ماذا أي"),
}
"""Frequent short words; a language is told by how many of a text's words are among its own."""

MARKS = "?？؟;՞⸮"
"""What ends a question somewhere in the world; the Greek mark is told by its language."""

ASKING: Mapping[str, frozenset[str]] = {
    "en": _words(
        "what how why which who whom whose where when is are was were do does did can could will"
        " would should shall may might has have had am isn't aren't doesn't don't can't"
    ),
    "de": _words(
        "was wie warum wieso weshalb welche welcher welches welchen wer wen wem wessen wo wohin"
        " woher wann wozu ist sind kann kannst können könntest würdest gibt hat hast soll"
    ),
    "fr": _words(
        "que quoi comment pourquoi quel quelle quels quelles qui où quand combien est-ce"
        " qu'est-ce peux-tu pouvez-vous pourrais-tu pourriez-vous y-a-t-il"
    ),
    "es": _words("qué cómo cuál cuáles quién quiénes dónde cuándo cuánto cuánta cuántos puedes"),
    "it": _words("che cosa cos'è come perché quale quali chi dove quando quanto quanti puoi"),
    "pt": _words("que qual quais como quem onde quando quanto quantos porque você pode podes"),
    "nl": _words("wat hoe waarom welke welk wie waar wanneer hoeveel kun kunt kan is zijn"),
    "ru": _words("что как почему какой какая какое какие кто где когда зачем сколько ли можно"),
}
"""Words with which a question begins, whether or not it has its mark."""

REQUESTING: Mapping[str, frozenset[str]] = {
    "en": _words(
        "please describe explain tell show write give help make create draw design compare list"
        " name find identify suggest recommend imagine analyse analyze summarise summarize"
        " translate plan build compose count calculate compute solve discuss evaluate rate rank"
        " propose provide generate estimate guess outline sketch turn change edit add remove"
        " redesign rewrite continue complete consider choose pick convert illustrate invent"
        " interpret classify transcribe read prove derive walk teach let's let look check"
        " review improve fix correct mark point caption state determine predict infer answer"
        " respond narrate elaborate brainstorm given decide define highlight detect locate advise"
        " pretend act assume using based"
    ),
    "de": _words(
        "bitte beschreibe erkläre erklär zeig zeige schreib schreibe gib hilf mach mache erstelle"
        " zeichne zeichnen vergleiche nenne finde schlage entwirf sag sage übersetze rechne"
        " löse plane fasse beurteile bewerte beschreiben erklären zeigen nennen"
    ),
    "fr": _words(
        "décris décrivez explique expliquez montre montrez écris écrivez donne donnez aide aidez"
        " dessine dessinez compare comparez propose proposez dis dites fais faites imagine"
        " traduis traduisez crée créez trouve trouvez résume résumez svp"
    ),
    "es": _words(
        "describe explica muestra muéstrame escribe dame ayuda ayúdame dibuja compara propón dime"
        " haz imagina traduce crea encuentra resume cuenta cuéntame por-favor analiza diseña"
    ),
    "it": _words(
        "descrivi spiega mostra mostrami scrivi dammi aiuta aiutami disegna confronta proponi"
        " dimmi fai immagina traduci crea trova riassumi analizza progetta"
    ),
    "pt": _words(
        "descreva descreve explique explica mostre mostra escreva escreve dê ajude ajuda desenhe"
        " desenha compare compara proponha diga faça imagine traduza crie encontre resuma analise"
    ),
    "nl": _words(
        "beschrijf leg toon schrijf geef help maak teken vergelijk noem vind stel vertel vertaal"
        " bereken ontwerp bedenk graag alsjeblieft alstublieft"
    ),
    "ru": _words(
        "пожалуйста опиши опишите объясни объясните покажи покажите напиши напишите дай дайте"
        " помоги помогите нарисуй нарисуйте сравни сравните назови назовите найди найдите"
        " предложи предложите расскажи расскажите сделай сделайте придумай придумайте переведи"
    ),
}
"""Words with which a request begins."""

WISHING: Mapping[str, tuple[str, ...]] = {
    "en": (
        "please", "can you", "could you", "would you", "will you", "i want", "i need", "i would",
        "i'd like", "i'd love", "help me", "tell me", "show me", "give me", "i wonder",
        "i am looking for", "i'm looking for", "not sure", "don't know", "do you", "curious",
        "would be great",
    ),
    "de": (
        "bitte", "kannst du", "können sie", "könntest du", "ich möchte", "ich will", "ich brauche",
        "ich hätte gern", "hilf mir", "ich frage mich", "ich weiß nicht", "würdest du",
    ),
    "fr": (
        "s'il te plaît", "s'il vous plaît", "peux-tu", "pouvez-vous", "pourrais-tu", "je voudrais",
        "je veux", "j'aimerais", "j'ai besoin", "aide-moi", "aidez-moi", "est-ce que",
    ),
    "es": ("por favor", "puedes", "podrías", "quiero", "quisiera", "necesito", "me gustaría"),
    "it": ("per favore", "puoi", "potresti", "vorrei", "voglio", "ho bisogno", "mi piacerebbe"),
    "pt": ("por favor", "você pode", "poderia", "quero", "gostaria", "preciso"),
    "nl": ("alsjeblieft", "alstublieft", "kun je", "kunt u", "ik wil", "ik zou graag", "help me"),
    "ru": ("пожалуйста", "можешь", "можете", "хочу", "мне нужно", "хотел бы", "хотела бы"),
    "zh": _signs(
        "什么 怎么 怎样 如何 为什么 为何 哪 谁 几 多少 吗 呢 是否 请 帮 给我 告诉 描述"
        " 解释 说明 分析 比较 写 画 设计 列出 想要 我想 需要 能不能 可以 什麼 怎麼"
        " 為什麼 嗎 請 幫 給我"
    ),
    "ja": _signs(
        "何 なに なぜ どう どの どこ どれ どんな いつ 誰 だれ いくつ ですか ますか"
        " でしょうか ください 下さい 教えて 説明 描いて 書いて してほしい たい"
    ),
    "ko": _signs(
        "무엇 뭐 무슨 왜 어떻게 어떤 어디 언제 누구 몇 얼마 까요 나요 습니까 주세요"
        " 해줘 설명 그려 알려 싶"
    ),
}  # fmt: skip
"""Words that ask for something wherever they stand; in CJK scripts questions have no spaces."""

PICTURE_WORDS = _words(
    "picture pictures image images photo photos photograph photographs drawing drawings figure"
    " diagram chart graph map plan screenshot sketch scene painting poster illustration"
    " bild bilder bildes foto fotos zeichnung abbildung grafik diagramm karte skizze szene"
    " photo image images dessin figure schéma carte graphique croquis scène"
    " imagen imágenes foto fotos dibujo figura gráfico mapa escena"
    " immagine immagini disegno grafico mappa scena"
    " imagem imagens desenho gráfico cena afbeelding foto's plaatje tekening"
    " изображение изображении изображения картинка картинке картинку фото фотография рисунок"
    " фотографии рисунке"
)
"""Words for a picture, in languages with spaces between words."""

PICTURE_SIGNS = _signs("图 圖 照片 画像 写真 絵 사진 그림 이미지 صورة")
"""The same where words are not separated, or have other words grown on."""
