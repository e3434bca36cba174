locals {
  ports = { iam = 9098, jmx_exporter = 11001, node_exporter = 11002 }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-streaming"
  description = "Kafka, from the cluster only"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-streaming" })
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each                     = local.ports
  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = var.client_security_group_id
  description                  = "${each.key} from the cluster"
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
  tags                         = var.tags
}
