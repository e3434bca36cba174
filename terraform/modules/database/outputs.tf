output "address" {
  description = "Host name of the server."
  value       = aws_db_instance.this.address
}

output "identifier" {
  description = "Name of the instance, as metrics have it."
  value       = var.name
}

output "secret_arn_patterns" {
  description = "Pattern of the ARN of each application's secret, for policies: Secrets Manager adds six characters of its own."
  value       = { for name, secret in aws_secretsmanager_secret.application : name => "${var.name}/database/${name}-??????" }
}

output "key_arn" {
  description = "Key under which the secrets are encrypted."
  value       = module.key.arn
}
