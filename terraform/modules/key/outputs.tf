output "arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "alias" {
  description = "The key's alias, the name by which people know it."
  value       = aws_kms_alias.this.name
}
