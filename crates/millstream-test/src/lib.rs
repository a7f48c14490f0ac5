//! TopologyTestDriver: runs the real tasks on the in-process log
