module weft/workload

go 1.19
