-- The health of an InferenceService as Argo CD shows it. Argo CD runs this without Lua's string library.
-- Stable decides: a canary that is not ready gets no traffic, so it is work in progress and never an outage.
local FAILED = { InvalidSpec = true, BlockedByFailedLoad = true }

local function condition(status, kind)
  for _, found in ipairs(status.conditions or {}) do
    if found.type == kind then return found end
  end
  return {}
end

local function is(status, kind, value) return condition(status, kind).status == value end

-- What KServe says about every known part that is not ready; kinds that we do not know say nothing here.
local function reasons(status, kinds)
  local said = {}
  for _, kind in ipairs(kinds) do
    local found = condition(status, kind)
    if found.status ~= nil and found.status ~= "True" then
      table.insert(said, kind .. " is " .. found.status .. ": " .. (found.message or found.reason or "no reason given"))
    end
  end
  return table.concat(said, "; ")
end

local function waiting_canaries(status)
  local names = {}
  for _, canary in ipairs(status.canaryStatuses or {}) do
    if not canary.ready then table.insert(names, canary.name) end
  end
  return table.concat(names, ", ")
end

local function failure(model)
  local info = model.lastFailureInfo or {}
  return model.transitionStatus .. ": " .. (info.message or info.reason or "no reason given")
end

local function health(status, message) return { status = status, message = message } end

local status = obj.status
if status == nil or status.conditions == nil then
  return health("Progressing", "KServe has not reported yet")
end
if status.observedGeneration ~= nil and status.observedGeneration < (obj.metadata.generation or 0) then
  return health("Progressing", "KServe has not seen the last change yet")
end
if is(status, "Stopped", "True") then
  return health("Suspended", "stopped on purpose")
end
local model = status.modelStatus or {}
if FAILED[model.transitionStatus] then
  return health("Degraded", failure(model))
end
if not is(status, "Ready", "True") then
  local said = reasons(status, { "Ready", "PredictorReady", "IngressReady" })
  if is(status, "Ready", "False") and model.transitionStatus ~= "InProgress" then
    return health("Degraded", said)
  end
  return health("Progressing", said)
end
if is(status, "CanaryPredictorReady", "False") then
  return health("Progressing", "stable serves; canary not ready: " .. waiting_canaries(status))
end
return health("Healthy", "every version that may have traffic serves")
