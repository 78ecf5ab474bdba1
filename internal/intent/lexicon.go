package intent

import "github.com/tierwise/tierwise/internal/step"

// The word lists of the rules. They are read-only; each is one idea, so that a
// missed sentence is mended by a word and not by a new rule.
var (
	// polite words may stand before what is meant.
	polite = set(`please pls plz hey hi hello ok okay so and then now also just actually thanks thx kindly quickly
		tierwise bot well alright yo sorry bitte instead only maybe real`)
	// small words stand before a noun without changing it.
	small = set(`a an the some any short shorter quick brief concise tiny little one two three one-line one-paragraph
		polite friendly nice good proper new another formal informal full detailed high-level rough final my our
		me us more weekly daily warm better simple clear professional decent kind gentle firm few 3-line 5-line`)

	negations = set(`don't dont not never no without didn't doesn't won't shouldn't cannot can't needn't stop avoid skip kein keine nicht`)

	whWords = set(`what what's whats who who's whos why when when's where where's which how how's whose whom`)
	auxes   = set(`is are was were does do did can could should would will has have had am isn't aren't doesn't didn't
		may might shall wasn't weren't hasn't haven't don't`)

	summarizeVerbs = set(`summarize summarise summarizing summarising recap tldr condense distill distil digest
		zusammenfassen zusammen résumer résume resume résumez resumir resuma resumen riassumi`)
	draftVerbs = set(`draft compose write rewrite rephrase reword word phrase polish proofread craft formulate propose
		prepare reply respond announce decline apologize apologise paraphrase author pen redraft jot
		schreib schreibe formuliere entwirf rédige redacta escribe scrivi answer`)
	classifyVerbs = set(`classify categorize categorise label tag triage bucket prioritize prioritise rate
		klassifiziere klassifizier classifie clasifica sort`)
	askVerbs = set(`tell explain describe find search look compare calculate convert check show define clarify
		elaborate suggest recommend list name count remind walk help debug solve give translate erkläre explique`)

	// gistNouns ask for a summary when they are what is wanted.
	gistNouns = set(`summary recap tldr tl gist overview digest rundown takeaways highlights synopsis catch-up catchup
		zusammenfassung résumé debrief minutes upshot`)
	// pieces of a summary, told by their second word.
	gistPairs = map[string]string{
		"key":    "points takeaways messages decisions facts outcomes",
		"main":   "points takeaways arguments ideas outcomes",
		"action": "items points", "open": "questions points issues items",
		"next": "steps", "bottom": "line", "important": "bits parts points",
		"decisions": "", "todos": "", "to-dos": "", "conclusions": "", "takeaways": "", "highlights": "",
	}
	draftNouns = set(`reply response draft announcement email e-mail mail message note post postmortem post-mortem
		changelog apology memo letter tweet status-update status statement invitation invite reminder handover wording intro
		bio blurb proposal paragraph entwurf antwort thank-you thank-you-note decline template headline`)
	classNouns = set(`category label priority severity sentiment urgency classification class topic bucket`)
	// kinds are what "is this a …?" names when a class is asked for.
	kinds = set(`bug feature question incident spam complaint request duplicate urgent positive negative scam phishing
		blocker regression p0 p1 p2 p3 p4 sev1 sev2 sev3 critical sales support billing technical praise feedback
		enhancement outage toxic abusive sarcastic angry neutral high-priority low-priority actionable ham`)
	levels = set(`urgent severe important serious critical positive negative angry upset happy satisfied frustrated bad risky toxic`)
	// pointers refer to something that was said here.
	pointers = set(`this that it these those above message messages ticket tickets issue issues thread threads one
		conversation post posts email request report comment comments feedback last following below dies diese`)
	scopes = set(`here thread threads channel conversation discussion above meeting incident since yesterday today
		overnight week weekend morning far chat this everything messages hours days`)
	pronouns = set(`i you we they he she it this that there`)
)

// others lists the intents besides one, in the order in which the rules tend to
// miss them.
func others(i step.Intent) []step.Intent {
	switch i {
	case step.Summarize:
		return []step.Intent{step.Ask, step.Draft, step.Classify}
	case step.Draft:
		return []step.Intent{step.Ask, step.Summarize, step.Classify}
	case step.Classify:
		return []step.Intent{step.Ask, step.Summarize, step.Draft}
	default:
		return []step.Intent{step.Summarize, step.Draft, step.Classify}
	}
}
