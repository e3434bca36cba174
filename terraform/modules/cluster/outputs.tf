output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.this.arn
}

output "endpoint" {
  description = "Address of the API server, reachable inside the VPC only."
  value       = aws_eks_cluster.this.endpoint
}

output "security_group_id" {
  description = "Security group of the nodes and the API server: the client that stores let in."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}
