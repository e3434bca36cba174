output "bootstrap_brokers" {
  description = "Addresses by which clients with an IAM identity begin."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_iam
}

output "cluster_name" {
  description = "Name of the cluster, as metrics and ARNs have it."
  value       = var.name
}

# MSK puts a random id into its ARNs; the account and the cluster's name stand before it, so * there opens nothing else.
output "cluster_arn_pattern" {
  description = "Pattern of the cluster's ARN for policies, known before the cluster exists."
  value       = "arn:aws:kafka:${var.region}:${var.account_id}:cluster/${var.name}/*"
}

output "topic_arn_prefix" {
  description = "What comes before a topic's name in its ARN for policies."
  value       = "arn:aws:kafka:${var.region}:${var.account_id}:topic/${var.name}/*"
}

output "group_arn_prefix" {
  description = "What comes before a consumer group's name in its ARN for policies."
  value       = "arn:aws:kafka:${var.region}:${var.account_id}:group/${var.name}/*"
}
