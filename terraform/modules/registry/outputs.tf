output "address" {
  description = "Host name of the registry."
  value       = "${var.account_id}.dkr.ecr.${var.region}.amazonaws.com"
}

output "repository_arns" {
  description = "ARN of each repository by name, known before it exists."
  value = {
    for name in var.repositories :
    name => "arn:aws:ecr:${var.region}:${var.account_id}:repository/${local.prefix}/${name}"
  }
}

output "repository_urls" {
  description = "Where images of each repository are pushed and pulled, by name."
  value = {
    for name in var.repositories :
    name => "${var.account_id}.dkr.ecr.${var.region}.amazonaws.com/${local.prefix}/${name}"
  }
}
