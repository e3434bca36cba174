output "state_bucket" {
  description = "Bucket of the state, as envs/<environment>.tfbackend names it."
  value       = local.bucket
}

output "state_key_alias" {
  description = "Key of the state, as envs/<environment>.tfbackend names it."
  value       = module.key.alias
}

output "boundary_arn" {
  description = "The boundary of every role with a policy of ours."
  value       = aws_iam_policy.boundary.arn
}

output "ceiling" {
  description = "Every action that a role of ours can ever have."
  value       = local.ceiling
}
