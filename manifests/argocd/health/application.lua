-- An application inside an application is as healthy as it says: without this, the waves of the platform do not wait.
local status = (obj.status or {}).health or {}
return { status = status.status or "Progressing", message = status.message or "" }
