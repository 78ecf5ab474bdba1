package chat

// QuestionKind is what an adapter asks through Door.Ask.
type QuestionKind string

// The kinds of question. All are answered inside the platform's own deadline.
const (
	OpenForm     QuestionKind = "open_form"    // a command or button that opens a form
	Autocomplete QuestionKind = "autocomplete" // choices while typing
	CheckForm    QuestionKind = "check_form"   // a form is being submitted: is it valid?
	HomeView     QuestionKind = "home"         // the app's home page for this person
)

// Question is something the platform wants answered at once.
type Question struct {
	Kind    QuestionKind      `json:"kind"`
	Place   Place             `json:"place"`
	Channel Channel           `json:"channel,omitzero"`
	Actor   Actor             `json:"actor"`
	Name    string            `json:"name"`             // command, action or form id
	Value   string            `json:"value,omitempty"`  // button value, or what was typed so far
	Field   string            `json:"field,omitempty"`  // the option being completed
	Fields  map[string]string `json:"fields,omitempty"` // a form's values
	State   string            `json:"state,omitempty"`  // a form's private state
	Target  *Message          `json:"target,omitempty"` // a shortcut's target
}

// Answer is what a Question gets. Exactly one part is used: a Form to open, the
// Choices, the Errors of a form by field (none means it is valid), a Home post,
// or a sentence to Say.
type Answer struct {
	Form    *Form             `json:"form,omitempty"`
	Choices []Choice          `json:"choices,omitempty"`
	Errors  map[string]string `json:"errors,omitempty"`
	Home    *Post             `json:"home,omitempty"`
	Say     string            `json:"say,omitempty"`
}

// Choice is one option of a field.
type Choice struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// FieldKind is how a form field is filled in.
type FieldKind string

// The kinds of field every adapter can show.
const (
	TextField   FieldKind = "text"
	LongField   FieldKind = "long"
	ChoiceField FieldKind = "choice"
	MultiField  FieldKind = "multi" // values separated by newlines
	// PeopleField and ChannelField pick people and groups, or channels, of the
	// workspace where the platform has pickers, and are typed elsewhere. Their
	// values are the platform's ids, separated by newlines.
	PeopleField  FieldKind = "people"
	ChannelField FieldKind = "channel" // one channel
)

// Form is a small dialog.
type Form struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"` // at most 24 characters are shown everywhere
	Submit string  `json:"submit,omitempty"`
	Intro  string  `json:"intro,omitempty"`
	State  string  `json:"state,omitempty"` // handed back on submit; at most 1,000 bytes
	Fields []Field `json:"fields"`          // at most 5 are shown everywhere
}

// Field is one input of a form.
type Field struct {
	ID       string    `json:"id"`
	Label    string    `json:"label"`
	Kind     FieldKind `json:"kind"`
	Value    string    `json:"value,omitempty"`
	Hint     string    `json:"hint,omitempty"`
	Choices  []Choice  `json:"choices,omitempty"`
	Optional bool      `json:"optional,omitempty"`
	Max      int       `json:"max,omitempty"` // characters, 0 = the platform's own bound
}
