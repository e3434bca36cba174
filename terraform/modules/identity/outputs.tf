output "github_role_arns" {
  description = "ARN of each role of GitHub Actions: plan, apply, images, watch."
  value = {
    for use in keys(local.subjects) : use => "arn:aws:iam::${var.account_id}:role/pixguard/automation/${var.name}-github-${use}"
  }
}

output "workload_role_arns" {
  description = "ARN of each workload's role."
  value       = { for name in keys(var.workloads) : name => "arn:aws:iam::${var.account_id}:role/pixguard/bounded/${var.name}-${name}" }
}
