package intent

import "strings"

// labelsIn finds the classes a person names in the question itself: "is this a
// bug or a feature request?", "tag this as billing, technical or other",
// "which team should own this: infra, backend or mobile?". It returns nil when
// fewer than two are named.
func labelsIn(text string) []string {
	if len(text) > 400 {
		text = text[:400]
	}
	line, _, _ := strings.Cut(text, "\n")
	low := strings.ToLower(line)
	list := ""
	for _, lead := range []string{" as either ", " as ", " into ", " between ", ": ", "is this ", "is it ", "is that ", "are these ", "priority ", "urgent, ", "this, "} {
		if i := strings.Index(low, lead); i >= 0 && len(low) == len(line) && listLike(low[i+len(lead):]) {
			list = line[i+len(lead):]
			break
		}
	}
	if list == "" && listLike(low) && len(strings.Fields(low)) <= 6 {
		list = line
	}
	var out []string
	for _, part := range splitChoices(list) {
		if len(strings.Fields(part)) > 4 {
			return nil
		}
		out = addLabel(out, part)
	}
	if len(out) < 2 || len(out) > 12 {
		return nil
	}
	return out
}

func listLike(s string) bool {
	return strings.Contains(s, " or ") || strings.Contains(s, ", ") || strings.Contains(s, " and ") || strings.Contains(s, "/")
}

// splitChoices splits at commas, "or", "and" and slashes and drops articles and
// the question mark.
func splitChoices(list string) []string {
	if i := strings.IndexAny(list, "?!\n"); i >= 0 {
		list = list[:i]
	}
	r := strings.NewReplacer(" or ", ",", " and ", ",", "/", ",", ", or ", ",", ", and ", ",")
	parts := strings.Split(r.Replace(list), ",")
	for i, p := range parts {
		p = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(p), "."))
		for _, article := range []string{"a ", "an ", "the ", "either ", "more of a ", "more like a "} {
			if len(p) > len(article) && strings.EqualFold(p[:len(article)], article) {
				p = p[len(article):]
			}
		}
		parts[i] = p
	}
	return parts
}
