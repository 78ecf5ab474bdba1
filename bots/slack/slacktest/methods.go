package slacktest

// method is how the fake answers one Web API method. do runs under the lock.
type method struct {
	open bool // needs no token
	do   func(*call) (object, *Error)
}

// methods is every method the fake answers.
var methods = map[string]method{
	"api.test":                              {open: true, do: (*call).apiTest},
	"auth.test":                             {do: (*call).authTest},
	"apps.connections.open":                 {do: (*call).connectionsOpen},
	"apps.event.authorizations.list":        {do: (*call).authorizationsList},
	"apps.manifest.validate":                {do: (*call).manifestValidate},
	"apps.uninstall":                        {do: (*call).appsUninstall},
	"agents.sessions.rename":                {do: (*call).sessionRename},
	"agents.sessions.setStatus":             {do: (*call).sessionStatus},
	"assistant.threads.setStatus":           {do: (*call).threadStatus},
	"assistant.threads.setSuggestedPrompts": {do: (*call).suggestedPrompts},
	"assistant.threads.setTitle":            {do: (*call).threadTitle},
	"bots.info":                             {do: (*call).botsInfo},
	"chat.appendStream":                     {do: (*call).appendStream},
	"chat.delete":                           {do: (*call).chatDelete},
	"chat.getPermalink":                     {do: (*call).getPermalink},
	"chat.postEphemeral":                    {do: (*call).postEphemeral},
	"chat.postMessage":                      {do: (*call).postMessage},
	"chat.startStream":                      {do: (*call).startStream},
	"chat.stopStream":                       {do: (*call).stopStream},
	"chat.update":                           {do: (*call).chatUpdate},
	"conversations.history":                 {do: (*call).history},
	"conversations.info":                    {do: (*call).conversationInfo},
	"conversations.join":                    {do: (*call).conversationJoin},
	"conversations.list":                    {do: (*call).conversationList},
	"conversations.members":                 {do: (*call).conversationMembers},
	"conversations.open":                    {do: (*call).conversationOpen},
	"conversations.replies":                 {do: (*call).replies},
	"files.completeUploadExternal":          {do: (*call).completeUpload},
	"files.getUploadURLExternal":            {do: (*call).uploadURL},
	"files.info":                            {do: (*call).filesInfo},
	"oauth.v2.access":                       {open: true, do: (*call).oauthAccess},
	"oauth.v2.exchange":                     {open: true, do: (*call).oauthExchange},
	"reactions.add":                         {do: (*call).reactionAdd},
	"reactions.remove":                      {do: (*call).reactionRemove},
	"team.info":                             {do: (*call).teamInfo},
	"usergroups.list":                       {do: (*call).usergroupsList},
	"usergroups.users.list":                 {do: (*call).usergroupUsers},
	"users.conversations":                   {do: (*call).usersConversations},
	"users.info":                            {do: (*call).usersInfo},
	"users.list":                            {do: (*call).usersList},
	"views.open":                            {do: (*call).viewsOpen},
	"views.publish":                         {do: (*call).viewsPublish},
	"views.push":                            {do: (*call).viewsPush},
	"views.update":                          {do: (*call).viewsUpdate},
}
