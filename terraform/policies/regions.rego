# Data stays where it was decided to stay.
package main

import data.plan
import rego.v1

deny contains message if {
	some change in plan.kept
	region := change.change.after.region
	is_string(region)
	not region in data.settings.regions
	message := sprintf("regions: %s is in %s", [change.address, region])
}

deny contains message if {
	some change in plan.kept
	zone := change.change.after.availability_zone
	is_string(zone)
	not in_a_region(zone)
	message := sprintf("regions: %s is in %s", [change.address, zone])
}

in_a_region(zone) if {
	some region in data.settings.regions
	startswith(zone, region)
}

deny contains message if {
	some name in {"region", "replica_region"}
	region := input.variables[name].value
	is_string(region)
	not region in data.settings.regions
	message := sprintf("regions: the variable %s is %s", [name, region])
}

deny contains message if {
	some name, provider in input.configuration.provider_config
	region := provider.expressions.region.constant_value
	not region in data.settings.regions
	message := sprintf("regions: the provider %s is set to %s", [name, region])
}
