output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Subnets of the nodes, one a zone: out by NAT, in by nobody."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "data_subnet_ids" {
  description = "Subnets of the stores, one a zone: no way out."
  value       = [for zone in var.zones : aws_subnet.data[zone].id]
}
