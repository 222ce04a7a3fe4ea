-- SPDX-License-Identifier: Apache-2.0
--
-- What wrk sends. Every case asks this script for every request, so that all
-- pay the same for it.
--
--   SEED same            the same request each time
--   SEED own FILE        Authorization is a line of the file, by chance, the
--                        same for all requests of a thread
--   SEED pick FILE       the same, another for each request
--   SEED random NAME     the header NAME holds a token of 40 random digits
--   SEED bodies FILE     POST of a line of the file, by chance

local make

local function read_lines(name)
   local lines = {}
   for line in io.lines(name) do
      lines[#lines + 1] = line
   end
   return lines
end

-- The request around the value of a header.
local function around(name)
   wrk.headers[name] = "\1"
   local whole = wrk.format()
   local at = whole:find("\1", 1, true)
   return whole:sub(1, at - 1), whole:sub(at + 1)
end

local modes = {}

function modes.same()
   local whole = wrk.format()
   return function() return whole end
end

function modes.own(file)
   local lines = read_lines(file)
   local before, after = around("Authorization")
   local whole = before .. lines[math.random(#lines)] .. after
   return function() return whole end
end

function modes.pick(file)
   local lines = read_lines(file)
   local before, after = around("Authorization")
   return function()
      return before .. lines[math.random(#lines)] .. after
   end
end

function modes.random(name)
   local before, after = around(name)
   local format, random = string.format, math.random
   return function()
      return before .. format("Token %08x%08x%08x%08x%08x",
         random(0, 0xffffffff), random(0, 0xffffffff), random(0, 0xffffffff),
         random(0, 0xffffffff), random(0, 0xffffffff)) .. after
   end
end

function modes.bodies(file)
   local requests = {}
   wrk.headers["Content-Type"] = "application/json"
   for i, line in ipairs(read_lines(file)) do
      requests[i] = wrk.format("POST", nil, nil, line)
   end
   return function() return requests[math.random(#requests)] end
end

local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("thread_number", threads)
end

function init(args)
   math.randomseed(tonumber(args[1]) + 7919 * thread_number)
   make = modes[args[2]](args[3])
end

function request()
   return make()
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format("bench: %d %d %d %d %d %d\n", summary.requests,
      summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
      latency:percentile(50), latency:percentile(99)))
end
