package discord

// words are what people see of a command in one language. An empty field keeps
// the English one: /ai-spend and /ai-config are names the answers refer to.
type words struct {
	name   string
	what   string
	option string
	hint   string
}

// languages are Discord's locales that commands are shown in, with the words of
// each command by its English name. English stands in commands.
// https://discord.com/developers/docs/reference#locales, read 2026-11-24.
var languages = map[string]map[string]words{
	"de": {
		"summarize":           {"zusammenfassen", "Diesen Kanal oder Thread zusammenfassen, nur für dich", "was", "24h, 7d oder der Link einer Nachricht"},
		"draft":               {"entwurf", "Eine Nachricht entwerfen, nur für dich", "text", "was darin stehen soll"},
		"classify":            {"einordnen", "Einen Text oder eine Nachricht einordnen, nur für dich", "was", "der Text oder der Link einer Nachricht"},
		"ai-spend":            {"", "Was der Assistent gekostet hat und was es wert war", "ansicht", "channel, team, user, model, trend, forecast, budget …"},
		"ai-config":           {"", "Einstellungen des Assistenten", "einstellung", "get, set, explain oder reset und die Einstellung"},
		"Summarize from here": {name: "Ab hier zusammenfassen"},
		"Draft reply":         {name: "Antwort entwerfen"},
		"Classify":            {name: "Einordnen"},
	},
	"fr": {
		"summarize":           {"résumer", "Résumer ce salon ou ce fil, pour vous seul", "quoi", "24h, 7d ou le lien d’un message"},
		"draft":               {"brouillon", "Rédiger un message, pour vous seul", "contenu", "ce qu’il doit dire"},
		"classify":            {"classer", "Classer un texte ou un message, pour vous seul", "quoi", "le texte ou le lien d’un message"},
		"ai-spend":            {"", "Ce que l’assistant a coûté, et ce que cela a valu", "vue", "channel, team, user, model, trend, forecast, budget …"},
		"ai-config":           {"", "Réglages de l’assistant", "réglage", "get, set, explain ou reset, puis le réglage"},
		"Summarize from here": {name: "Résumer à partir d’ici"},
		"Draft reply":         {name: "Rédiger une réponse"},
		"Classify":            {name: "Classer"},
	},
	"es-ES":  spanish,
	"es-419": spanish,
	"pt-BR": {
		"summarize":           {"resumir", "Resumir este canal ou tópico, só para você", "conteúdo", "24h, 7d ou o link de uma mensagem"},
		"draft":               {"rascunho", "Redigir uma mensagem, só para você", "texto", "o que ela deve dizer"},
		"classify":            {"classificar", "Classificar um texto ou uma mensagem, só para você", "conteúdo", "o texto ou o link de uma mensagem"},
		"ai-spend":            {"", "Quanto o assistente custou e quanto valeu", "visão", "channel, team, user, model, trend, forecast, budget …"},
		"ai-config":           {"", "Configurações do assistente", "ajuste", "get, set, explain ou reset, e o ajuste"},
		"Summarize from here": {name: "Resumir a partir daqui"},
		"Draft reply":         {name: "Redigir resposta"},
		"Classify":            {name: "Classificar"},
	},
	"ja": {
		"summarize":           {"要約", "このチャンネルやスレッドを要約します(自分だけに表示)", "対象", "24h、7d、またはメッセージのリンク"},
		"draft":               {"下書き", "メッセージの下書きを作ります(自分だけに表示)", "内容", "伝えたいこと"},
		"classify":            {"分類", "文章やメッセージを分類します(自分だけに表示)", "対象", "文章、またはメッセージのリンク"},
		"ai-spend":            {"", "アシスタントの費用と成果", "表示", "channel, team, user, model, trend, forecast, budget …"},
		"ai-config":           {"", "アシスタントの設定", "設定", "get、set、explain、reset と設定名"},
		"Summarize from here": {name: "ここから要約"},
		"Draft reply":         {name: "返信の下書き"},
		"Classify":            {name: "分類"},
	},
}

var spanish = map[string]words{
	"summarize":           {"resumir", "Resumir este canal o hilo, solo para ti", "qué", "24h, 7d o el enlace de un mensaje"},
	"draft":               {"borrador", "Redactar un mensaje, solo para ti", "texto", "lo que debe decir"},
	"classify":            {"clasificar", "Clasificar un texto o un mensaje, solo para ti", "qué", "el texto o el enlace de un mensaje"},
	"ai-spend":            {"", "Lo que costó el asistente y lo que valió", "vista", "channel, team, user, model, trend, forecast, budget …"},
	"ai-config":           {"", "Ajustes del asistente", "ajuste", "get, set, explain o reset, y el ajuste"},
	"Summarize from here": {name: "Resumir desde aquí"},
	"Draft reply":         {name: "Redactar respuesta"},
	"Classify":            {name: "Clasificar"},
}

// localized gives a command its words in every language. What a person typed
// comes back under the English names.
func localized(c registered) registered {
	c.Names, c.Whats = map[string]string{}, map[string]string{}
	if len(c.Options) > 0 {
		c.Options[0].Names, c.Options[0].Whats = map[string]string{}, map[string]string{}
	}
	for locale, all := range languages {
		w := all[c.Name]
		say(c.Names, locale, w.name)
		say(c.Whats, locale, w.what)
		if len(c.Options) > 0 {
			say(c.Options[0].Names, locale, w.option)
			say(c.Options[0].Whats, locale, w.hint)
		}
	}
	return c
}

func say(in map[string]string, locale, word string) {
	if word != "" {
		in[locale] = word
	}
}
