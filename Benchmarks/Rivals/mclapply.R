#!/usr/bin/env Rscript
# R's parallel package, by the protocol of the harness: mclapply over elements or over slices, with and without
# prescheduling, and pvec. It forks its workers for each map, so that inputs reach them by fork and only outputs travel.
# Numbers are doubles: R's integers have 32 bits, too few for the squares.

mebi <- 1048576

stop_with <- function(sentence, status = 2) {
  message(sentence)
  quit(save = "no", status = status)
}

# "slices-N" gives each call a vector of a share of the inputs, N to a worker; "-unscheduled" is mc.preschedule = FALSE.
ways <- list(
  "w1-collect" = c("pvec", "slices-1", "slices-8", "slices-8-unscheduled", "elements"),
  "w5-in" = c("elements", "elements-unscheduled"),
  "w5-echo" = c("elements", "elements-unscheduled"),
  "w9-idle" = character()
)

about <- function() {
  quoted <- function(words) paste0('"', words, '"', collapse = ", ")
  sweeps <- vapply(names(ways), function(id) {
    sweep <- if (length(ways[[id]])) sprintf('{"way": [%s]}', quoted(ways[[id]])) else "{}"
    sprintf('"%s": %s', id, sweep)
  }, "")
  version <- paste0("R ", getRversion())
  cat(sprintf('{"name": "R parallel", "version": "%s", "workloads": {%s}}\n', version, paste(sweeps, collapse = ", ")))
}

# proc.time has only milliseconds.
exact <- function() as.numeric(Sys.time())

check <- function(right) if (!isTRUE(right)) stop_with("The outputs are wrong.")

square <- function(x) x * x
weigh <- function(blob) length(blob) + sum(as.integer(blob[seq(1, length(blob), 4096)]))
echo <- function(blob) blob

map <- function(way, f, inputs, workers) {
  parts <- strsplit(way, "-", fixed = TRUE)[[1]]
  scheduled <- !("unscheduled" %in% parts)
  if (parts[1] == "pvec") return(parallel::pvec(inputs, f, mc.cores = workers))
  if (parts[1] == "elements") {
    return(parallel::mclapply(inputs, f, mc.cores = workers, mc.preschedule = scheduled))
  }
  slices <- parallel::splitIndices(length(inputs), workers * as.integer(parts[2]))
  slices <- lapply(slices, function(at) inputs[at[1]:at[length(at)]])
  outputs <- parallel::mclapply(slices, f, mc.cores = workers, mc.preschedule = scheduled)
  unlist(outputs, use.names = FALSE)
}

measure <- function(workload, n, workers, way) {
  if (workload == "w9-idle") {
    times <- vapply(seq_len(n), function(x) {
      start <- exact()
      output <- parallel::mccollect(parallel::mcparallel(square(x)))[[1]]
      elapsed <- exact() - start
      check(output == x * x)
      elapsed
    }, 0)
    at <- quantile(times, c(0.5, 0.99, 0.999), type = 1, names = FALSE)
    return(sprintf('"p50": %.9f, "p99": %.9f, "p999": %.9f', at[1], at[2], at[3]))
  }
  if (workload == "w1-collect") {
    f <- square
    inputs <- as.numeric(seq_len(n)) - 1
  } else {
    f <- if (workload == "w5-in") weigh else echo
    inputs <- lapply(seq_len(n) - 1, function(x) rep(as.raw(x %% 256), mebi))
  }
  map(way, f, head(inputs, 16), workers)
  start <- exact()
  outputs <- map(way, f, inputs, workers)
  elapsed <- exact() - start
  check(length(outputs) == n)
  check(switch(workload,
    "w1-collect" = all(unlist(outputs, use.names = FALSE) == inputs * inputs),
    "w5-in" = all(unlist(outputs) == mebi + mebi / 4096 * ((seq_len(n) - 1) %% 256)),
    identical(outputs, inputs)
  ))
  sprintf('"seconds": %.9f', elapsed)
}

words <- commandArgs(trailingOnly = TRUE)
if (length(words) == 0) stop_with("Write --about, or a workload and its settings: w1-collect workers=2 n=1000.")
if (words[1] == "--about") {
  about()
} else {
  workload <- words[1]
  if (!(workload %in% names(ways))) stop_with(sprintf("'%s' is no workload of this rival: see --about.", workload))
  standard <- c("w1-collect" = 8e6, "w5-in" = 256, "w5-echo" = 256, "w9-idle" = 20000)
  settings <- list(n = standard[[workload]], workers = 2, way = c(ways[[workload]], "")[1])
  for (word in words[-1]) {
    parts <- strsplit(word, "=", fixed = TRUE)[[1]]
    if (!(parts[1] %in% names(settings))) stop_with(sprintf("'%s' is no setting of %s.", word, workload))
    settings[[parts[1]]] <- if (parts[1] == "way") parts[2] else as.numeric(parts[2])
  }
  measures <- measure(workload, settings$n, settings$workers, settings$way)
  cat(sprintf('{%s, "n": %d}\n', measures, as.integer(settings$n)))
}
