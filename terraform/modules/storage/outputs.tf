output "bucket_names" {
  description = "Name of each bucket by use: lake, models, artifacts, logs."
  value       = local.names
}

output "bucket_arns" {
  description = "ARN of each bucket by use, known before it exists."
  value       = local.arns
}

output "key_arn" {
  description = "Key under which the objects are encrypted: whoever reads them needs it."
  value       = module.key.arn
}
