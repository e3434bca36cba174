mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_iam_role" {
    override_during = plan
    defaults        = { arn = "arn:aws:iam::111122223333:role/pixguard/service/mocked" }
  }
}

variables {
  name               = "pixguard-test"
  account_id         = "111122223333"
  region             = "sa-east-1"
  kubernetes_version = "1.33"
  subnet_ids         = ["subnet-a", "subnet-b"]
  administrators     = ["arn:aws:iam::111122223333:role/platform"]
  viewers            = ["arn:aws:iam::111122223333:role/analysts"]
  tags               = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }

  node_groups = {
    serving = { instance_types = ["m7g.large"], min = 2, desired = 2, max = 6 }
    spark = {
      instance_types = ["m7g.xlarge", "m6g.xlarge", "r7g.xlarge"]
      capacity_type  = "SPOT"
      min            = 0
      desired        = 0
      max            = 10
      taints         = { "pixguard.io/spot" = { value = "true" } }
    }
    gpu = {
      instance_types = ["g5.xlarge"]
      ami_type       = "AL2023_x86_64_NVIDIA"
      min            = 0
      desired        = 0
      max            = 1
      taints         = { "nvidia.com/gpu" = { value = "present" } }
    }
  }
}

run "the_api_server_is_private_encrypted_and_logged" {
  command = plan

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "The API server must not be reachable from the internet."
  }
  assert {
    condition     = one(aws_eks_cluster.this.encryption_config[0].resources) == "secrets" && aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == module.key.arn
    error_message = "Secrets are encrypted under our key."
  }
  assert {
    condition     = length(aws_eks_cluster.this.enabled_cluster_log_types) == 5 && aws_cloudwatch_log_group.cluster.retention_in_days >= 365
    error_message = "Every log of the control plane is kept for a year."
  }
  assert {
    condition     = aws_eks_cluster.this.deletion_protection
    error_message = "The cluster must not be deleted by mistake."
  }
}

run "rights_come_from_access_entries_alone" {
  command = plan

  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "No rights by aws-auth and none for the creator."
  }
  assert {
    condition     = endswith(aws_eks_access_policy_association.this["arn:aws:iam::111122223333:role/analysts"].policy_arn, "/AmazonEKSViewPolicy")
    error_message = "Viewers look: they do not administer."
  }
}

run "nodes_are_encrypted_and_keep_their_identity_from_pods" {
  command = plan

  assert {
    condition = alltrue([
      for template in aws_launch_template.node :
      template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1
    ])
    error_message = "Pods must not reach the node's metadata."
  }
  assert {
    condition = alltrue([
      for template in aws_launch_template.node :
      template.block_device_mappings[0].ebs[0].encrypted == "true" && template.block_device_mappings[0].ebs[0].kms_key_id == module.key.arn
    ])
    error_message = "Disks of nodes are encrypted under our key."
  }
  assert {
    condition     = !contains(local.node_policies, "AmazonEKS_CNI_Policy")
    error_message = "The network plug-in has an identity of its own: nodes must not carry its rights."
  }
}

run "spot_and_gpu_nodes_take_only_what_tolerates_them" {
  command = plan

  assert {
    condition     = aws_eks_node_group.this["spark"].capacity_type == "SPOT" && length(aws_eks_node_group.this["spark"].taint) == 1
    error_message = "Spark's nodes are spot and tainted."
  }
  assert {
    condition     = aws_eks_node_group.this["spark"].labels["karpenter.sh/capacity-type"] == "spot" && aws_eks_node_group.this["serving"].labels["karpenter.sh/capacity-type"] == "on-demand"
    error_message = "Pods choose nodes by this label."
  }
  assert {
    condition     = aws_eks_node_group.this["gpu"].ami_type == "AL2023_x86_64_NVIDIA" && one(aws_eks_node_group.this["gpu"].taint).key == "nvidia.com/gpu"
    error_message = "GPU nodes bring NVIDIA's driver and are tainted."
  }
  assert {
    condition     = aws_eks_node_group.this["serving"].capacity_type == "ON_DEMAND" && aws_eks_node_group.this["serving"].scaling_config[0].min_size >= 2
    error_message = "Serving stands on two nodes that nobody takes away."
  }
}

run "addons_have_identities_narrowed_to_one_service_account" {
  command = plan

  assert {
    condition = alltrue([
      for role in aws_iam_role.addon :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/kubernetes-namespace"] == "kube-system"
    ])
    error_message = "An add-on's role is for its own service account in kube-system."
  }
  assert {
    condition     = length(aws_eks_addon.late["aws-ebs-csi-driver"].pod_identity_association) == 1 && length(aws_eks_addon.late["coredns"].pod_identity_association) == 0
    error_message = "Only add-ons that call AWS get a role."
  }
}

run "serving_on_spot_alone_is_refused" {
  command = plan

  variables {
    node_groups = { all = { instance_types = ["m7g.large", "m6g.large", "r7g.large"], capacity_type = "SPOT", min = 2, desired = 2, max = 4 } }
  }

  expect_failures = [var.node_groups]
}
