// Gantry as a contestant: `GantryBench WORKLOAD key=value...` prints its measures, `GantryBench --about` what it can do.
// Called by tools/bench, beside its rivals. Each file beside this one holds the workloads of one kind.

import Gantry
import Workloads

@main
struct GantryBench: App {
  private let plan: Plan
  let numbers: Numbers
  let texts: Texts
  let blobs: Blobs
  let burners: Burners
  let starters: Starters

  init() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "--about" { describe("Gantry", Array(workloads.keys.sorted())) }
    plan = Plan(arguments)
    numbers = Numbers(plan)
    texts = Texts(plan)
    blobs = Blobs(plan)
    burners = Burners(plan)
    starters = Starters(plan)
  }

  func run() async throws {
    guard let workload = workloads[plan.workload] else { stop("Gantry has no workload \(plan.workload).") }
    report(try await workload(self, plan))
  }
}

/// A workload takes the functions it needs, and gives what it measured.
typealias Workload = @Sendable (GantryBench, Plan) async throws -> Measures

private let workloads: [String: Workload] = [
  "w1-collect": { try await $0.numbers.collect($1) },
  "w1-iterate": { try await $0.numbers.iterate($1) },
  "w1-await": { try await $0.numbers.elements($1) },
  "w1-unordered": { try await $0.numbers.unordered($1) },
  "w1-foreach": { try await $0.numbers.forEach($1) },
  "w2": { try await $0.numbers.two($1) },
  "w3": { try await $0.texts.strings($1) },
  "w4": { try await $0.texts.items($1) },
  "w5-in": { try await $0.blobs.into($1) },
  "w5-echo": { try await $0.blobs.echo($1) },
  "w6": { try await $0.texts.lines($1) },
  "w7": { try await $0.burners.even($1) },
  "w8-ordered": { try await $0.burners.skewed($1, inOrder: true) },
  "w8-unordered": { try await $0.burners.skewed($1, inOrder: false) },
  "w9-idle": { try await $0.burners.callIdle($1) },
  "w9-nospin": { try await $0.burners.callParked($1) },
  "w9-loaded": { try await $0.burners.callLoaded($1) },
  "w10-first": { try await $0.starters.first($1) },
  "w10-containers": { try await $0.starters.containers($1) },
  "w10-restarts": { try await $0.starters.restarts($1) },
  "idle": { try await $0.starters.idle($1) },
  "w11": { try await $0.burners.crashing($1) },
  "w12-inputs": { try await $0.numbers.stream($1) },
  "w12-containers": { try await $0.numbers.collect($1) },
  "w12-maps": { try await $0.numbers.maps($1) },
  "w12-chunks": { try await $0.numbers.collect($1) },
]
