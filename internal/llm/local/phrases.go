package local

import "strings"

// phrases are the few words of our own in a draft; "%" is the person's name.
type phrases struct {
	hi, hello, all, regards         string
	sorry, decline, thanks          string
	question, seen                  string // the last message was read
	status, handover                string
	decided, next, open             string
	tell, tellAll, whether, could   string // around a clause; "%" is the clause
	thanksFor, sorryFor, haveplease string
}

var languages = map[string]phrases{
	"en": {
		hi: "Hi %,", hello: "Hello %,", all: "Hi all,", regards: "Best regards",
		sorry: "I'm sorry for the trouble this has caused.", decline: "thank you for asking. I have to decline this time.", thanks: "thank you for your help.",
		question: "thanks for your question. I'll look into it and reply here.", seen: "thanks for your message, I have read it.",
		status: "Status", handover: "Handover", decided: "Decided:", next: "Next:", open: "Open:",
		tell: "%", tellAll: "%", whether: "can you tell me %?", could: "could you please %?",
		thanksFor: "thank you for %", sorryFor: "I'm sorry for %", haveplease: "could I have %, please?",
	},
	"de": {
		hi: "Hallo %,", hello: "Guten Tag %,", all: "Hallo zusammen,", regards: "Viele Grüße",
		sorry: "es tut mir leid, dass es dadurch Ärger gab.", decline: "danke für die Anfrage. Dieses Mal muss ich absagen.", thanks: "danke für die Hilfe.",
		question: "danke für die Frage. Ich sehe es mir an und antworte hier.", seen: "danke für die Nachricht, ich habe sie gelesen.",
		status: "Stand", handover: "Übergabe", decided: "Entschieden:", next: "Als Nächstes:", open: "Offen:",
		tell: "ich möchte dir sagen, dass %", tellAll: "ich möchte euch sagen, dass %", whether: "kannst du mir sagen, %?", could: "kannst du bitte %?",
		thanksFor: "danke für %", sorryFor: "entschuldige bitte %", haveplease: "kann ich bitte % haben?",
	},
	"es": {
		hi: "Hola, %:", hello: "Buenos días, %:", all: "Hola a todos:", regards: "Saludos cordiales",
		sorry: "siento las molestias que esto ha causado.", decline: "gracias por preguntar. Esta vez tengo que decir que no.", thanks: "gracias por tu ayuda.",
		question: "gracias por la pregunta. Lo miro y respondo aquí.", seen: "gracias por el mensaje, lo he leído.",
		status: "Estado", handover: "Relevo", decided: "Decidido:", next: "Siguiente:", open: "Abierto:",
		tell: "%", tellAll: "%", whether: "¿puedes decirme %?", could: "¿puedes % por favor?",
		thanksFor: "gracias por %", sorryFor: "siento %", haveplease: "¿puedes darme %, por favor?",
	},
	"fr": {
		hi: "Bonjour %,", hello: "Bonjour %,", all: "Bonjour à tous,", regards: "Cordialement",
		sorry: "je suis désolé pour la gêne occasionnée.", decline: "merci pour la demande. Cette fois, je dois dire non.", thanks: "merci pour ton aide.",
		question: "merci pour la question. Je regarde et je réponds ici.", seen: "merci pour le message, je l'ai lu.",
		status: "État", handover: "Passation", decided: "Décidé :", next: "Ensuite :", open: "Ouvert :",
		tell: "%", tellAll: "%", whether: "peux-tu me dire % ?", could: "peux-tu %, s'il te plaît ?",
		thanksFor: "merci pour %", sorryFor: "je suis désolé pour %", haveplease: "puis-je avoir %, s'il te plaît ?",
	},
}

func phrasesOf(language string) phrases {
	if p, ok := languages[language]; ok {
		return p
	}
	return languages["en"]
}

// common are words that give a language away in a short text.
var common = map[string]map[string]bool{
	"en": wordSet("the and to of is we you for that will with please thanks this have are it tell ask reply say draft write"),
	"de": wordSet("der die das und ist wir nicht für mit auf ein eine bitte danke dass ich sag frag schreib antworte wieder den dem ob es"),
	"es": wordSet("el la los las y es que para con una por gracias no en se del dile diles pregúntale responde agradece está de"),
	"fr": wordSet("le la les et est nous vous pour avec une des merci pas que dans dis demande réponds remercie je il elle du à"),
}

// languageOf guesses the language of a text, "" when its words say nothing.
func languageOf(text string) string {
	best, most := "", 0
	words := wordsOf(text)
	for _, l := range []string{"en", "de", "es", "fr"} {
		n := 0
		for _, w := range words[:min(len(words), 200)] {
			if common[l][w] {
				n++
			}
		}
		if n > most {
			best, most = l, n
		}
	}
	return best
}

// base is the language of a tag: "de" of "de-AT".
func base(tag string) string {
	b, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return b
}
