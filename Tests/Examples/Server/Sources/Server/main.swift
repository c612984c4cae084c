// An HTTP server whose requests are computed in containers: a crash costs the request that caused it, and answers 500.
// Usage: Server [PREFIX]; prints "port N" once it serves. Event loops and Dispatch queues run before it makes its
// driver, so it is started again for the containers, which get as far as the driver and no farther: it binds later.

import Dispatch
import Gantry
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
for _ in 0..<4 {
  _ = try await group.next().submit { DispatchQueue.global().async {} }.get()
}

let functions = Functions(prefix: CommandLine.arguments.dropFirst().first ?? "server")
let driver = try Driver(functions.factorial, functions.sleeping, functions.crashing)

let answer: Answerer = { [functions] path in
  let parts = path.split(separator: "/").map(String.init)
  do {
    switch (parts.first, parts.dropFirst().first) {
    case ("factorial", let number?): return (.ok, "\(try await functions.factorial.remote(Int(number) ?? 0))")
    case ("sleep", let time?): return (.ok, try await functions.sleeping.remote(Int(time) ?? 0))
    case ("crash", let way?): return (.ok, try await functions.crashing.remote(way))
    default: return (.notFound, "no such path")
    }
  } catch {
    return (.internalServerError, "\(error)")
  }
}

let channel = try await ServerBootstrap(group: group)
  .serverChannelOption(.backlog, value: 64)
  .childChannelInitializer { channel in
    channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
      try channel.pipeline.syncOperations.addHandler(HTTPHandler(answer))
    }
  }
  .bind(host: "127.0.0.1", port: 0).get()
print("port \(channel.localAddress?.port ?? 0)")
fflush(nil)
try await channel.closeFuture.get()
