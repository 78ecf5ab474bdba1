package chat

// KeepsIDs reports whether the words of a command say whom it is about. An
// adapter then leaves the mention of a person or of a group as the id it is,
// "<@U1>", "<@&7>" or "<!subteam^S1>", instead of its name: two people may have
// the same one, and who is denied or made an admin must be the one who was
// chosen. Everything else in the words is made readable as in any message.
func KeepsIDs(command string) bool { return command == "ai-config" }
