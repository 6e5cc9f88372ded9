// What C++ needs of its run-time library, a function for each.

#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{
struct Told
{
    Told() { std::puts("constructed before main"); }
    ~Told() { std::puts("destructed after main"); }
};
Told told;

struct Base
{
    virtual ~Base() {}
    virtual int number() const = 0;
};

struct Derived : Base
{
    explicit Derived(int n) : n(n) {}
    int number() const override { return n; }
    int n;
};

void objects()
{
    std::vector<std::unique_ptr<Base>> all;
    int sum = 0;

    for (int n = 0; n < 10; n++)
        all.emplace_back(new Derived(n));
    for (const auto &one : all)
        sum += one->number();
    const auto *third = dynamic_cast<const Derived *>(all[3].get());
    std::printf("objects: %d, cast down: %d\n", sum, third ? third->n : -1);
}

void text()
{
    std::map<std::string, int> words;
    std::string all = "hello";

    words["hello"]++;
    words["world"]++;
    words["hello"]++;
    all += ", world, which is long enough for the heap";
    std::printf("text: %s; words: %zu\n", all.c_str(), words.size());
}

int made;

struct Once
{
    Once() { made++; }
};

void guarded()
{
    for (int n = 0; n < 3; n++)
    {
        static Once once;
        (void)once;
    }
    std::printf("guarded: %d\n", made);
}

struct Unwound
{
    ~Unwound() { std::printf("unwound, "); }
};

void deeper(int n)
{
    Unwound unwound;

    if (n > 2)
        throw std::runtime_error("too many: " + std::to_string(n));
    deeper(n + 1);
}

void exceptions()
{
    try
    {
        Unwound unwound;
        throw 42;
    }
    catch (int n)
    {
        std::printf("a number: %d\n", n);
    }
    try
    {
        deeper(3);
    }
    catch (const std::exception &error)
    {
        std::printf("caught: %s\n", error.what());
    }
    try
    {
        std::vector<int>().at(1);
    }
    catch (const std::out_of_range &error)
    {
        std::printf("caught: %s\n", error.what());
    }
}

void threads()
{
    std::mutex mutex;
    int n = 0;
    const auto add = [&] {
        const std::lock_guard<std::mutex> lock(mutex);
        n++;
    };
    std::thread one(add), two(add);

    one.join();
    two.join();
    std::printf("thread: %d\n", n);
}
}

extern "C" int cxx_work()
{
    objects();
    text();
    guarded();
    exceptions();
    threads();
    return std::fflush(stdout);
}

extern "C" void cxx_throw()
{
    throw std::runtime_error("nobody catches it");
}
