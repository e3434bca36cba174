-- A stream that runs and a batch that ended are healthy; what the operator tries again is on its way.
local HEALTH = {
  RUNNING = "Healthy", COMPLETED = "Healthy", FAILED = "Degraded", SUBMISSION_FAILED = "Degraded",
  FAILING = "Degraded", SUSPENDED = "Suspended", SUSPENDING = "Suspended",
}
local state = (obj.status or {}).applicationState or {}
return { status = HEALTH[state.state] or "Progressing", message = state.errorMessage or state.state or "not submitted yet" }
