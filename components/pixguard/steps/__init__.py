"""One KFP component per job, named like its job; a body only calls the job, for KFP copies it as text."""
