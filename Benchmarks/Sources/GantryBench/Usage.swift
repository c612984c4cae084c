// What this process and its descendants have used, as the kernel tells it.

import Foundation

/// Bytes of its own that are resident, without what it shares with containers.
func residentBytes() -> Int {
  let fields = fields(of: "/proc/self/statm")
  return fields.count > 2 ? (fields[1] - fields[2]) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
}

/// Context switches and processor time of this process and all that descend from it.
func familyUsage() -> (switches: Int, processorSeconds: Double) {
  var switches = 0
  var ticks = 0
  for pid in family() {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    for thread in threads {
      let status = whole("/proc/\(pid)/task/\(thread)/status")
      for line in status.split(separator: "\n") where line.contains("ctxt_switches") {
        switches += Int(line.drop { !$0.isNumber }) ?? 0
      }
    }
    let stat = statistics(of: pid)
    if stat.count > 12 { ticks += (Int(stat[11]) ?? 0) + (Int(stat[12]) ?? 0) }
  }
  return (switches, Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))))
}

/// This process and its descendants.
private func family() -> [Int] {
  let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int($0) }
  var parents: [Int: Int] = [:]
  for pid in pids {
    let stat = statistics(of: pid)
    if stat.count > 1 { parents[pid] = Int(stat[1]) }
  }
  let me = Int(getpid())
  return pids.filter { pid in
    var one = pid
    while one != me, let parent = parents[one], parent > 0 { one = parent }
    return one == me
  }
}

/// The fields of `stat` behind the name, which may hold anything.
private func statistics(of pid: Int) -> [Substring] {
  let text = whole("/proc/\(pid)/stat")
  guard let end = text.lastIndex(of: ")") else { return [] }
  return text[text.index(after: end)...].split(separator: " ")
}

private func fields(of path: String) -> [Int] { whole(path).split(separator: " ").compactMap { Int($0) } }

private func whole(_ path: String) -> String {
  guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
  return String(decoding: data, as: UTF8.self)
}
