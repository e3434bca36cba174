output "address" {
  description = "Host name of the server."
  value       = aws_db_instance.this.address
}

output "identifier" {
  description = "Name of the instance, as metrics have it."
  value       = var.name
}

output "secret_names" {
  description = "Name of each application's secret."
  value       = { for name in var.applications : name => "${local.product}/${name}" }
}

output "key_arn" {
  description = "Key under which the secrets are encrypted."
  value       = module.key.arn
}
