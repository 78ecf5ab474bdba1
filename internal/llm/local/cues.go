package local

import "regexp"

// doable are the verbs of a promise or a request.
const doable = `take|do|fix|write|send|check|look|update|open|file|add|make|ask|ping|test|review|prepare|create|post|push|merge|set|draft|handle|follow|schedule|upload|contact|move|change|remove|put|talk|call|email|mail|document|ship|get|bring|investigate|report|reproduce|run|tell|book|present|retouch|clean|deploy|restart|record|keep|let|confirm|share|close|relay|forward|compare`

var (
	decision  = regexp.MustCompile(`(?i)(\b(we('|’)?(ll| will| are going to|('|’)re going to) (go|use|ship|keep|do|drop|move|release|take|start|stop|switch|postpone|merge|revert|not)\b|(we|i|team|they)('|’)?(ve)? (have )?(decided|agreed)|let('|’)?s (go with|do|use|keep|drop|ship|move|not|postpone|stick)|settled on|go(ing)? with (the|option|plan)|final (call|decision|answer)|it('|’)?s decided|decision made|consensus (is|was)|wir haben (uns )?(beschlossen|entschieden|geeinigt)|(beschlossen|entschieden|vereinbart)\b|(on a|nous avons) décidé|hemos (decidido|acordado)|decidimos|quedamos en)|^\[?(decision|agreed|entscheidung|beschluss|décision|decisión)\]?[:,.!])`)
	unsettled = regexp.MustCompile(`(?i)^(if|whether|unless|maybe|once|when|should|have|do|did)\b|\b(haven|hasn|didn|not|never)('|’)?t? (yet )?(been )?(decided|agreed)\b|\bconsensus (was|is) (that )?not\b`)
	action    = regexp.MustCompile(`(?i)(\bI('|’)ll (?:(?:also|then|just|try to|go|have to) )*(?:` + doable + `|work|see (?:if|what))\b|\bI will (?:also )?(?:` + doable + `)\b|\b(todo|to do|action item|action|next step)\]?:|\bI can take (that|this|it)\b|\bassigned to\b|\bich (mache|schicke|kümmere|schreibe|prüfe|rufe|übernehme|erledige|teste)\b|\bje (m('|’)en occupe|vais|ferai|envoie)\b|\b(me encargo|yo lo hago|voy a)\b)`)
	// commits is a promise in the present tense, which needs a time beside it:
	// "I send it by Friday".
	commits = regexp.MustCompile(`(?i)(?:^|[,;] |\b(?:and|then|so|ok|fine|good) )I (?:also )?(?:` + doable + `)\b`)
	soon    = regexp.MustCompile(`(?i)\b(today|tomorrow|tonight|by (?:mon|tue|wed|thu|fri|sat|sun|noon|end|eod|next|the end|\d)\w*|on (?:mon|tue|wed|thu|fri|sat|sun)\w*|this (?:morning|afternoon|evening|week)|next (?:week|sprint|month)|within (?:an?|the|\d+|two|three) (?:hour|day|week)s?)\b`)
	request = regexp.MustCompile(`(?i)(?:^|\s)@?([\pL\d_.-]{2,30})[:,]? (?:(?:can|could|would|will) you (?:please )?|(?:please|pls) )(\pL+)|^(?:please|pls) (?:also )?(?:` + doable + `)\b`)
	// figurative are words that only look like a promise: "I'll take that as a
	// compliment".
	figurative = regexp.MustCompile(`(?i)\btake (that|this|it) (as|for)\b|\bI('|’)ll (tell|let) you\b|\bI('|’)ll be\b`)
	marker     = regexp.MustCompile(`(?i)^[\[*_]*(?:to ?do|action(?: item)?|next steps?|decision|agreed|entscheidung|beschluss|décision|decisión)[\]*_]*\s*:\s*`)
	opens      = regexp.MustCompile(`(?i)\bopen (question|point|issue)\b|\bno owner\b`)
	// machine is what people say to programs, and program text.
	machine = regexp.MustCompile(`^(!\w|eval:|#\w+ |\$ |sudo |> )|[{;]$|^</?\w+`)
	webLink = regexp.MustCompile(`https?://[^\s<>()\[\]"']+`)
	ticket  = regexp.MustCompile(`\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b|(?:^|\s)#\d{2,7}\b|(?i:\b(?:bug|issue|ticket|pr|lp) #?\d{2,7}\b)`)
)
