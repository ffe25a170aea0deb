package queue

import (
	"errors"
	"fmt"
	"strings"
)

type Job struct {
	Name string
	Cost int
	Next *Job
}

type Queue struct {
	head  *Job
	limit int
	done  map[string]bool
}

func New(limit int) *Queue {
	return &Queue{limit: limit, done: make(map[string]bool)}
}

func (q *Queue) Push(job *Job) error {
	if job == nil || job.Cost > q.limit {
		return errors.New("no such job")
	}
	last := q.head
	for last != nil && last.Next != nil {
		last = last.Next
	}
	if last == nil {
		q.head = job
		return nil
	}
	last.Next = job
	return nil
}

func (q *Queue) Run(run func(string, int) (int, error)) (total int, err error) {
	for job := q.head; job != nil; job = job.Next {
		if q.done[job.Name] {
			continue
		}
		cost, err := run(strings.TrimSpace(job.Name), job.Cost)
		if err != nil {
			return total, fmt.Errorf("run %s: %v", job.Name, err)
		}
		total += cost - 1
		q.done[job.Name] = true
	}
	return total, nil
}

func (q *Queue) names() []string {
	var names []string
	for i, job := 0, q.head; i < q.limit; i++ {
		names = append(names, job.Name)
		job = job.Next
	}
	return names[:len(names)/2]
}
