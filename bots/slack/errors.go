package slack

import (
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// refusal is an error code of the platform for one method.
type refusal struct {
	method method
	code   string
	needed string // the scope that is missing, if that is the matter
	is     error  // what it is for the core; may be nil
}

// Error names method and code, never anything that was sent.
func (r *refusal) Error() string {
	if r.needed != "" {
		return fmt.Sprintf("slack: %s: %s (needs %s)", r.method, r.code, r.needed)
	}
	return fmt.Sprintf("slack: %s: %s", r.method, r.code)
}

// Unwrap returns the error of package chat that this refusal is.
func (r *refusal) Unwrap() error { return r.is }

// refuse makes the error for a code, with the sentence a person may see.
func refuse(m method, code, needed string) error {
	v := verdictOf(m, code)
	return fault.Wrap(&refusal{method: m, code: code, needed: needed, is: v.is}, v.kind, v.say)
}

// unreachable says that Slack did not answer.
func unreachable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "Slack cannot be reached at the moment; this will be tried again.")
}

// verdict is what a code means to us.
type verdict struct {
	is   error
	kind fault.Kind
	say  string
}

// verdictOf is the meaning of a code. A code nobody documented is our failure.
func verdictOf(m method, code string) verdict {
	if v, ok := verdicts[string(m)+" "+code]; ok {
		return v
	}
	if v, ok := verdicts[code]; ok {
		return v
	}
	return verdict{nil, fault.Unavailable, "Slack refused this for a reason that is new to us; your operator finds the code in the log."}
}

// known reports whether a code of a method has a meaning here.
func known(m method, code string) bool {
	_, exact := verdicts[string(m)+" "+code]
	_, general := verdicts[code]
	return exact || general
}

// group gives several codes one meaning.
func group(v map[string]verdict, is error, kind fault.Kind, say string, codes ...string) {
	for _, c := range codes {
		v[c] = verdict{is, kind, say}
	}
}

// verdicts holds every documented code of every method we call. A code that
// means something else for one method stands there as "method code".
var verdicts = meanings()

func meanings() map[string]verdict {
	v := map[string]verdict{}
	places(v)
	rights(v)
	contents(v)
	app(v)
	return v
}

// places are codes about channels, threads, messages and people that are not there.
func places(v map[string]verdict) {
	group(v, chat.ErrGone, fault.NotFound, "This conversation is no longer there, or I was removed from it. Invite me with /invite and try again.",
		"channel_not_found", "invalid_channel", "duplicate_channel_not_found", "channel_is_limited_access")
	group(v, chat.ErrGone, fault.NotFound, "This channel is archived, so nothing can be written there.", "is_archived", "is_inactive")
	group(v, chat.ErrGone, fault.NotFound, "The message is no longer there.", "message_not_found", "duplicate_message_not_found", "thread_not_found", "invalid_thread_ts")
	group(v, chat.ErrNotFound, fault.NotFound, "Slack knows nobody by that name here.", "user_not_found", "user_not_visible", "users_not_found", "too_many_users", "user_disabled", "not_enough_users", "users_list_not_supplied", "invalid_user_combination")
	group(v, chat.ErrNotFound, fault.NotFound, "There is no such user group.", "no_such_subteam", "invalid_team")
	group(v, chat.ErrNotFound, fault.NotFound, "Slack does not know this workspace.", "team_not_found")
	group(v, chat.ErrGone, fault.NotFound, "The form is no longer open. Please open it again.", "not_found", "hash_conflict", "duplicate_external_id")
	group(v, chat.ErrGone, fault.NotFound, "The button was pressed too long ago to open a form. Please press it again.",
		"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id")
	group(v, chat.ErrGone, fault.Conflict, "This channel is being moved at the moment. Please try again later.", "external_channel_migrating")
}

// rights are codes about what may not be done.
func rights(v map[string]verdict) {
	group(v, chat.ErrNoAccess, fault.NotAllowed, "I am not in this channel. Invite me with /invite and try again.", "not_in_channel", "not_authorized")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "You are not in this channel, so I cannot show you anything there.", "user_not_in_channel")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "Your workspace does not let me write here; an admin can change that in the channel's posting permissions.",
		"restricted_action", "restricted_action_read_only_channel", "ekm_access_denied", "posting_to_channel_denied", "app_access_restricted", "send_on_behalf_not_allowed")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "This thread is locked by an admin.", "restricted_action_thread_locked")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "Threads are not allowed in this channel.", "restricted_action_non_threadable_channel", "cannot_reply_to_message")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "In this channel only replies in threads are allowed.", "restricted_action_thread_only_channel", "cant_broadcast_message", "no_dual_broadcast_content_update")
	group(v, chat.ErrNoAccess, fault.Misconfigured, "The messages tab of the app is switched off; an admin can switch it on under App Home.", "messages_tab_disabled")
	group(v, chat.ErrNoAccess, fault.Misconfigured, "The Home tab of the app is switched off; an admin can switch it on under App Home.", "not_enabled", "not_implemented", "missing_profile_id")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "This message cannot be changed, because it is not mine or your workspace's time for edits is over.",
		"cant_update_message", "cant_delete_message", "edit_window_closed", "message_not_owned_by_app", "block_mismatch")
	group(v, chat.ErrNoAccess, fault.NotAllowed, "Your workspace does not let files like this be shared here.",
		"file_uploads_disabled", "file_uploads_except_images_disabled", "file_type_not_allowed", "blocked_file_type", "file_upload_size_restricted", "access_denied",
		"slack_connect_blocked_file_type", "slack_connect_canvas_sharing_blocked", "slack_connect_clip_sharing_blocked", "slack_connect_file_link_sharing_blocked",
		"slack_connect_file_upload_sharing_blocked", "slack_connect_lists_sharing_blocked", "storage_limit_reached", "max_file_sharing_exceeded", "file_share_limit_reached")
	group(v, chat.ErrUnsupported, fault.Unsupported, "Slack does not offer this in this kind of conversation.",
		"channel_type_not_supported", "method_not_supported_for_channel_type", "plan_upgrade_required", "feature_disabled", "invalid_types")
	group(v, chat.ErrStopped, fault.Stopped, "Stopped by a person.", "stopped_by_user")
	group(v, nil, fault.Throttled, "Your workspace has reached Slack's limit of messages for now. Please try again later.", "message_limit_exceeded", "rate_limited", "ratelimited")
}

// contents are codes about what was sent; they are faults of ours.
func contents(v map[string]verdict) {
	const ours = "Slack could not show this answer as it was built. Please try again; your operator finds the code in the log."
	group(v, nil, fault.Internal, ours,
		"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_blocks_too_many", "msg_too_long", "no_text", "markdown_text_conflict", "invalid_chunks",
		"invalid_attachments", "too_many_attachments", "too_many_contact_cards", "attachment_payload_limit_exceeded", "invalid_metadata_format", "invalid_metadata_schema",
		"metadata_too_large", "metadata_must_be_sent_from_app", "as_user_not_supported", "reserved_username", "view_too_large", "missing_file_data", "invalid_arguments",
		"draft_already_deleted", "draft_already_sent", "draft_has_conflict", "draft_not_found", "missing_argument", "missing_args", "invalid_limit", "invalid_cursor",
		"invalid_status", "thread_ts_required", "thread_ts_not_allowed", "invalid_ts_latest", "invalid_ts_oldest", "invalid_metadata_filter_keys", "list_record_comment_fetch_failed", "insecure_request", "invalid_arg_name", "unknown_method")
	group(v, chat.ErrUnsupported, fault.Unsupported, "Slack cannot show this answer while it is being written; it comes in one piece.",
		"missing_recipient_team_id", "missing_recipient_user_id", "message_not_in_streaming_state", "streaming_state_conflict", "not_subscribed_to_message_stream_stopped",
		"method_deprecated", "feature_not_enabled")
	group(v, nil, fault.Internal, "The file could not be handed to Slack. Please try again.",
		"file_not_found", "file_deleted", "file_is_deleted", "file_update_failed", "unable_to_share_files", "snippet_too_large", "unknown_snippet_type", "unknown_subtype",
		"alt_txt_too_large", "channels_limit_exceeded")
	group(v, nil, fault.Unavailable, "Slack had a problem of its own; this will be tried again.",
		"internal_error", "fatal_error", "service_unavailable", "request_timeout", "update_failed", "messaging_processing_failed", "fetch_members_failed")
}

// app are codes about the app, its tokens and its installation.
func app(v map[string]verdict) {
	group(v, chat.ErrNoAccess, fault.Misconfigured, "The app lacks a permission it needs here. An admin can reinstall it with the present manifest.",
		"missing_scope", "no_permission", "not_agent_app", "no_scopes", "not_allowed_token_type")
	group(v, chat.ErrGone, fault.Misconfigured, "The app is no longer installed in this workspace, or its token was revoked. An admin has to install it again.",
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required", "forbidden_team")
	group(v, nil, fault.Misconfigured, "The installation could not be completed because the app's client id, secret or redirect address does not fit. Please check them on the app's page.",
		"bad_client_secret", "invalid_client_id", "bad_redirect_uri", "oauth_authorization_url_mismatch", "pkce_not_allowed", "invalid_code_verifier", "invalid_grant_type",
		"preview_feature_not_available", "token_rotation_not_enabled", "token_already_exchanged", "invalid_token", "authorization_not_found")
	group(v, nil, fault.BadInput, "The installation link was used before or is too old. Please begin again at /slack/install.", "invalid_code")
	group(v, nil, fault.BadInput, "Your Slack e-mail address is not confirmed yet. Confirm it and install again.", "user_email_unverified")
	group(v, nil, fault.NotAllowed, "The app is installed for the whole organisation already, so it cannot be installed in one workspace.", "cannot_install_an_org_installed_app")
	group(v, chat.ErrGone, fault.Misconfigured, "The app's access to this workspace has ended. An admin has to install it again.", "invalid_refresh_token")
}
