// The micro benchmarks: payloads and checksums. `swift package --package-path Benchmarks/Micro benchmark` runs them.
// Its counts of allocations read 0 without the library's interposer and say nothing; tools/count counts them.

import Benchmark
import CGantryRing

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .throughput], maxDuration: .milliseconds(500), maxIterations: 20_000)
  measurePayloads()
  measureChecksum()
}

/// What every chunk and every record is summed up by, on both sides.
private func measureChecksum() {
  for kibibytes in [1, 64, 1024] {
    Benchmark("checksum of \(kibibytes) KiB") { benchmark in
      let bytes = [UInt8](repeating: 7, count: kibibytes << 10)
      bytes.withUnsafeBytes { bytes in
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(gantry_checksum(bytes.baseAddress, bytes.count)) }
        benchmark.stopMeasurement()
      }
    }
  }
}
