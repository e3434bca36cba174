output "pipeline_name" {
  description = "Name of the pipeline."
  value       = aws_codepipeline.this.name
}

output "connection_arn" {
  description = "The connection to confirm once by hand."
  value       = aws_codeconnections_connection.this.arn
}

output "signing_key_alias" {
  description = "Key that signs images, as cosign wants it after awskms:///."
  value       = aws_kms_alias.signing.name
}
