// Package slacktest is a stateful fake Slack: workspaces with people, channels,
// threads, streams, views, files and installations behind a real HTTP Web API,
// which delivers events, commands and clicks to the app under test by signed
// HTTP posts or over Socket Mode. It promises to check every call it gets
// against the published method reference and the Block Kit limits (read from
// ../shared/spec/slack beside the repository) and to fail the test on a
// violation, and to show what each person would see. It does not render, does
// not search, and knows no Slack SDK, so that it checks what goes over the wire.
//
// The shortest story:
//
//	now := clock.NewManual(start)
//	slack := slacktest.New(t, slacktest.Config{Clock: now})
//	slack.Sample()                      // team T1, people U1…U7, channels C1…C4, the bot
//	app := newAdapter(slack.API(), slack.Token("T1"), slacktest.SigningSecret)
//	slack.Connect(app.URL)              // POST /slack/events, /slack/commands, /slack/interactions
//	d := slack.User("U1").Mention("C1", "summarize this")
//	d.Acked                             // a 2xx came, or the envelope was acked
//	slack.User("U1").See("C1", d.Message.TS)
//
// A bad day, a form, and what came of it:
//
//	slack.Fail(slacktest.Posting, 1, slacktest.CutAfter()) // the post is there, its answer is lost
//	slack.User("U1").PressLabel(seen.Ref, "Ask for more")
//	form, open := slack.User("U1").View()
//	slack.User("U1").Submit(form, map[string]string{"amount": "5"})
//	slack.Requests("views.open")
//
// Delivering is synchronous: a method of a Person returns when the app has
// answered. Time is the Clock's alone: triggers, response_urls, streams, tokens
// and retries age when the clock moves.
package slacktest
