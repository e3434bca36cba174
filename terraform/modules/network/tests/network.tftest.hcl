mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_route_table" {
    override_during = plan
  }
}

variables {
  name                 = "pixguard-test"
  permissions_boundary = "arn:aws:iam::111122223333:policy/pixguard/pixguard-test-boundary"
  account_id           = "111122223333"
  region               = "sa-east-1"
  cidr                 = "10.20.0.0/16"
  zones                = ["sa-east-1a", "sa-east-1b", "sa-east-1c"]
  nat_per_zone         = true
  tags                 = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "rings_do_not_overlap_and_hand_out_no_public_address" {
  command = plan

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch == false])
    error_message = "A machine in a public subnet must not get a public address by itself."
  }
  assert {
    condition = length(distinct([
      for subnet in concat(values(aws_subnet.private), values(aws_subnet.data), values(aws_subnet.public)) : subnet.cidr_block
    ])) == 9
    error_message = "Nine subnets, nine ranges."
  }
  assert {
    condition     = aws_subnet.private["sa-east-1b"].cidr_block == "10.20.16.0/20" && aws_subnet.data["sa-east-1a"].cidr_block == "10.20.224.0/24"
    error_message = "Ranges must not move: a moved subnet is a replaced one."
  }
}

run "stores_have_no_way_out" {
  command = plan

  assert {
    condition = alltrue([
      for route in concat(values(aws_route.nat), [aws_route.internet]) : route.route_table_id != aws_route_table.data.id
    ])
    error_message = "The data subnets' table must have no route of its own."
  }
  assert {
    condition     = alltrue([for association in aws_route_table_association.data : association.route_table_id == aws_route_table.data.id])
    error_message = "Every data subnet uses the table without routes."
  }
  assert {
    condition     = length(distinct([for table in concat(values(aws_route_table.private), [aws_route_table.public, aws_route_table.data]) : table.id])) == 5
    error_message = "Tables must differ, or the assertions above say nothing."
  }
  assert {
    condition     = length(aws_default_security_group.none.ingress) == 0 && length(aws_default_security_group.none.egress) == 0
    error_message = "The default security group lets nothing through."
  }
}

run "aws_is_reached_inside_and_only_for_this_account" {
  command = plan

  assert {
    condition     = alltrue([for service in ["ecr.api", "ecr.dkr", "sts", "kms"] : aws_vpc_endpoint.interface[service].private_dns_enabled])
    error_message = "Images, identities and keys must not need the internet."
  }
  assert {
    condition     = jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Condition.StringEquals["aws:ResourceAccount"] == "111122223333"
    error_message = "Buckets of others must not be reachable through the endpoint."
  }
  assert {
    condition     = alltrue([for action in jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Action : !strcontains(action, "*")])
    error_message = "A wildcard action in the endpoint's policy."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == "10.20.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints.from_port == 443
    error_message = "Endpoints answer HTTPS from the VPC only."
  }
}

run "all_traffic_is_logged_encrypted_for_a_year" {
  command = plan

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL"
    error_message = "Accepted and rejected traffic are both evidence."
  }
  assert {
    condition     = aws_cloudwatch_log_group.flow.retention_in_days >= 365 && aws_cloudwatch_log_group.flow.kms_key_id == module.key.arn
    error_message = "Flow logs are kept a year, under our key."
  }
  assert {
    condition     = alltrue([for action in jsondecode(aws_iam_role_policy.flow.policy).Statement[0].Action : !strcontains(action, "*")])
    error_message = "A wildcard action in the flow log's role."
  }
}

run "one_nat_gateway_where_money_counts" {
  command = plan

  variables {
    nat_per_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3
    error_message = "One gateway, and still a way out for every zone."
  }
}

run "a_single_zone_is_refused" {
  command = plan

  variables {
    zones = ["sa-east-1a"]
  }

  expect_failures = [var.zones]
}
