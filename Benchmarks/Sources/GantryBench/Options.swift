// The options of measured functions, from the settings of a run.

import Gantry
import Workloads

extension FunctionOptions {
  /// As many containers as there are workers; `chunk=N` fixes the chunks, 0 leaves them automatic; `compression=N`: 0
  /// automatic, 1 LZ4, 2 none.
  init(_ plan: Plan) {
    let chunk = plan.number("chunk", or: 0, least: 0)
    let compressions = [Compression.automatic, .lz4, .none]
    let compression = plan.number("compression", or: 0, least: 0)
    guard compression < compressions.count else {
      stop("compression=\(compression) is none of 0 (automatic), 1 (LZ4) and 2 (none).")
    }
    self.init(
      maxContainers: plan.workers, chunking: chunk == 0 ? .automatic : .fixed(chunk),
      compression: compressions[compression])
  }
}
