output "address" {
  description = "Host name of the node that writes; after a failover it leads to the new one."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "reader_address" {
  description = "Host name behind which all replicas stand."
  value       = aws_elasticache_replication_group.this.reader_endpoint_address
}

output "node_ids" {
  description = "Names of the nodes, as metrics have them."
  value       = [for index in range(var.nodes) : format("%s-%03d", var.name, index + 1)]
}

output "secret_names" {
  description = "Name of each user's secret."
  value       = local.secrets
}

output "key_arn" {
  description = "Key under which the secrets are encrypted."
  value       = module.key.arn
}
